/**
 * Renders the state of one machine as a page: health, lockout, refusals, policy, command lists, owner authorization,
 * boot.
 */
import type { UserLockout } from '../../domain/lockout/lockout-summary.js';
import { type LockoutVerdict, lockedOutUntilText } from '../../domain/lockout/lockout-window.js';
import { AUTH_LEVEL_NAMES, describeAuthLevelOrigin } from '../../domain/owner-auth/effective-level.js';
import { toHex } from '../../domain/tpm/byte-fields.js';
import { commandLabel } from '../../domain/tpm/command-names.js';
import { policySections } from '../policy/policy-report.js';
import type { AuditEvent } from '../ports/logs.js';
import type { MachineReportContent } from './report-machine.js';
import { reportPage, reportTable, text, textRow, timeText } from './report-page.js';
import { barsByName, barsOverTime, type CountedName, timeline } from './report-plots.js';

/** The most users or commands in a plot: those with the most refusals. */
const MAX_NAMES = 12;

export function machineReport(content: MachineReportContent): string {
  const { computer, timeMs } = content;
  const iso = new Date(timeMs).toISOString();
  return reportPage(
    `TPM of ${computer}`,
    [
      `<p class="soft">State at <time datetime="${iso}">${timeText(timeMs)} UTC</time>. All times are UTC.</p>`,
      healthSection(content),
      lockoutSection(content),
      refusalSection(content),
      ownerSection(content),
      bootSection(content),
      policySections(content.policy),
      listSection(content),
    ].join('\n'),
  );
}

function healthSection({ status, device, transport }: MachineReportContent): string {
  const { health, tpmLockout } = status;
  const facts = [
    ['TPM', `${device.version}, ${device.manufacturer} ${device.vendorString}, firmware ${device.firmwareVersion}`],
    ['Transport', transport],
    ['Broker since', timeText(status.startedAtMs)],
    ['Contexts', `${status.contexts}`],
    [
      'Commands',
      `${status.queue.completed} completed, ${status.queue.refused} refused, ${status.queue.cancelled} cancelled`,
    ],
    ...(tpmLockout === undefined
      ? []
      : [
          [
            'The TPM’s own lockout',
            `${tpmLockout.failedTries} of ${tpmLockout.maxTries} failed tries${tpmLockout.inLockout ? ', locked' : ''}`,
          ],
        ]),
  ];
  const words = {
    works: 'The broker works',
    degraded: 'The broker works, with warnings',
    down: 'The TPM does not answer',
  };
  const warnings = health.warnings.map(
    ({ id, message, action, sinceMs }) =>
      `<li><strong class="warn">${text(id)}</strong>: ${text(message)}<br>What to do: ${text(action)} <span class="soft">Since ${timeText(sinceMs)}.</span></li>`,
  );
  return `<section><h2>Health</h2>
<p class="${health.state === 'works' ? 'good' : 'warn'}">${words[health.state]}, since ${timeText(health.sinceMs)}.</p>
${warnings.length === 0 ? '' : `<ul>${warnings.join('\n')}</ul>`}
${reportTable('Facts about the TPM and the broker', ['What', 'Value'], facts.map(textRow))}</section>`;
}

function lockoutSection({ lockout, nameOf, timeMs }: MachineReportContent): string {
  const { thresholds, users, verdictForOthers, totalFailures } = lockout;
  const windowMs = thresholds.windowMinutes * 60_000;
  const rule = `${thresholds.individualThreshold} failures of a user, or ${thresholds.totalThreshold} of all, within ${thresholds.windowMinutes} minutes lock out. ${totalFailures} count now.`;
  const all = verdictForOthers.open
    ? ''
    : `<p class="warn">All standard users are ${lockoutText(verdictForOthers)}.</p>`;
  const heading = `<h2>Lockout of standard users</h2><p>${rule}</p>${all}`;
  if (users.length === 0) return `<section>${heading}<p>No user has failures that count.</p></section>`;
  const times = ({ agesOutAt }: UserLockout): readonly number[] => agesOutAt.map((ms) => ms - windowMs);
  const rows = users.map((user) => ({ label: nameOf(user.userKey), timesMs: times(user) }));
  const plot = timeline(
    'Counted authorization failures over time, by user',
    { fromMs: timeMs - windowMs, toMs: timeMs },
    rows,
  );
  const table = users.map((user) => {
    return textRow([
      nameOf(user.userKey),
      `${user.failures}`,
      lockoutText(user.verdict),
      times(user).map(timeText).join(', '),
    ]);
  });
  return `<section>${heading}${plot}${reportTable('Failures by user', ['User', 'Failures', 'State', 'Failed at'], table)}</section>`;
}

/** Gives the end as refusals and the other views give it, to the second. */
function lockoutText(verdict: LockoutVerdict): string {
  if (verdict.open) return 'not locked out';
  const until = lockedOutUntilText(verdict.lockedOutUntil);
  return until === null ? 'locked out' : `locked out until ${timeText(until)}`;
}

function refusalSection({ refusals, nameOf, timeMs }: MachineReportContent): string {
  const first = refusals[0];
  if (first === undefined) return '<section><h2>Refused commands</h2><p>None since the broker started.</p></section>';
  const span = { fromMs: Date.parse(first.time), toMs: timeMs };
  const byUser = counted(refusals, ({ userKey }) => (userKey === undefined ? 'broker' : nameOf(userKey)));
  const byCommand = counted(refusals, ({ details }) => String(details['command']));
  const last = refusals.slice(-10).reverse();
  return `<section><h2>Refused commands</h2><p>The last ${refusals.length}.</p>
${barsOverTime(
  'Refused commands over time',
  span,
  refusals.map(({ time }) => Date.parse(time)),
)}
<h3>By user</h3>${barsByName(`Refused commands by user: ${summary(byUser)}`, byUser)}
<h3>By command</h3>${barsByName(`Refused commands by command: ${summary(byCommand)}`, byCommand)}
<h3>The last ones, with their reason</h3>${reportTable(
    'The last refused commands',
    ['When', 'User', 'Reason'],
    last.map(({ time, userKey, message }) =>
      textRow([timeText(Date.parse(time)), userKey === undefined ? '' : nameOf(userKey), message]),
    ),
  )}</section>`;
}

function summary(counts: readonly CountedName[]): string {
  return counts.map(({ name, count }) => `${name} ${count}`).join(', ');
}

function counted(events: readonly AuditEvent[], nameOf: (event: AuditEvent) => string): readonly CountedName[] {
  const counts = new Map<string, number>();
  for (const event of events) {
    const name = nameOf(event);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const sorted = [...counts].map(([name, count]) => ({ name, count })).sort((left, right) => right.count - left.count);
  return sorted.slice(0, MAX_NAMES);
}

function ownerSection({ authLevel, backup }: MachineReportContent): string {
  const { lastSuccess, lastFailure } = backup;
  const facts = [
    ['Level', `${AUTH_LEVEL_NAMES[authLevel.level]}, by ${describeAuthLevelOrigin(authLevel.origin)}`],
    ['Backup to the directory', backup.mode],
    ['Value that the directory does not have yet', backup.pending ? 'yes' : 'none'],
    ['Last backup', lastSuccess === null ? 'never' : `${timeText(lastSuccess.time)}, to ${lastSuccess.server}`],
    ['Last failure', lastFailure === null ? 'none' : `${timeText(lastFailure.time)}: ${lastFailure.message}`],
  ];
  return `<section><h2>Owner authorization</h2>${reportTable('Owner authorization and its backup', ['What', 'State'], facts.map(textRow))}</section>`;
}

function bootSection({ boot }: MachineReportContent): string {
  const heading = '<h2>Measured boot</h2>';
  if ('problem' in boot) return `<section>${heading}<p>${text(boot.problem)}</p></section>`;
  const verdict = boot.matches
    ? '<p class="good">The log of the boot leads to the values in the PCRs.</p>'
    : '<p class="warn">The log of the boot does not lead to the values in the PCRs.</p>';
  const hex = (bytes: Uint8Array | undefined): string => (bytes === undefined ? 'none' : toHex(bytes));
  const rows = boot.banks.flatMap(({ name, notCompared, pcrs }) =>
    notCompared === undefined
      ? pcrs.map(({ pcrIndex, events, replayed, actual, matches }) =>
          textRow([
            name,
            `${pcrIndex}`,
            `${events}`,
            matches ? 'matches' : `differs: log ${hex(replayed)}, PCR ${hex(actual)}`,
          ]),
        )
      : [textRow([name, '', '', `not compared: ${notCompared}`])],
  );
  return `<section>${heading}${verdict}${reportTable('PCRs against the log', ['Bank', 'PCR', 'Events', 'Verdict'], rows)}</section>`;
}

function listSection({ commands, device }: MachineReportContent): string {
  const rows = commands.map((ofClasses) => {
    const label = commandLabel(device.version, ofClasses[0]?.code ?? 0);
    const verdicts = ofClasses.map(({ verdict, condition }) =>
      verdict.allowed ? (condition === undefined ? 'allowed' : `allowed: ${condition}`) : `blocked: ${verdict.reason}`,
    );
    return textRow([label, ...verdicts]);
  });
  const columns = ['Command', 'Administrator', 'Standard user', 'Sandboxed app'];
  return `<section><h2>Command lists</h2>${reportTable('Who may send which command', columns, rows)}</section>`;
}
