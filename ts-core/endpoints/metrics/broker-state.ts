/** Gauges of the current state of the broker and its TPM, set at each scrape. */
import { createHash } from 'node:crypto';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Application } from '../../application/application.js';
import type { StatusReport } from '../../application/status/report-status.js';
import type { Caller } from '../../domain/caller.js';
import { BAND_NAMES } from '../../domain/scheduling/priority.js';

/** Only the users with the most failures get a series; the totals include all. */
const MAX_USERS = 20;

/** Returns the function that queries the broker and sets every gauge of the registry. */
export function collectBrokerState(registry: Registry, application: Application, observer: Caller) {
  const gauge = (name: string, help: string, labelNames: readonly string[] = []): Gauge =>
    new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
  const groups = [
    tpmGauges(gauge, application),
    healthGauges(gauge),
    queueGauges(gauge, application, observer),
    resourceGauges(gauge, application, observer),
    lockoutGauges(gauge, application, observer),
    policyGauges(gauge, application),
    backupGauges(gauge, application),
    processFigures(gauge, registry, application),
  ];
  return async (): Promise<void> => {
    const { status, recentAnswers } = application;
    const report = await recentAnswers.for(observer, 'status/get', () => status.get());
    for (const set of groups) await set(report);
  };
}

type MakeGauge = (name: string, help: string, labelNames?: readonly string[]) => Gauge;
type SetGauges = (report: StatusReport) => void | Promise<void>;

function tpmGauges(gauge: MakeGauge, { status }: Application): SetGauges {
  const up = gauge('tbs_tpm_up', 'Whether the TPM responds.');
  const info = gauge('tbs_tpm_info', 'Always 1; the labels say which TPM it is.', [
    ...['version', 'manufacturer', 'firmware', 'transport'],
  ]);
  const locked = gauge('tbs_tpm_locked_out', "Whether the TPM's own lockout is in effect.");
  const tries = gauge('tbs_tpm_failed_tries', "Failed tries that the TPM's own lockout has counted.");
  const maxTries = gauge('tbs_tpm_max_failed_tries', 'Failed tries at which the TPM locks itself.');
  return ({ health, tpmLockout }) => {
    const { version, manufacturer, firmwareVersion } = status.device;
    up.set(health.state === 'down' ? 0 : 1);
    info.reset();
    info.set({ version, manufacturer, firmware: firmwareVersion, transport: status.transportDescription }, 1);
    if (tpmLockout === undefined) return;
    locked.set(tpmLockout.inLockout ? 1 : 0);
    tries.set(tpmLockout.failedTries);
    maxTries.set(tpmLockout.maxTries);
  };
}

function healthGauges(gauge: MakeGauge): SetGauges {
  const states = gauge('tbs_health', '1 for the current state of the broker.', ['state']);
  const warnings = gauge('tbs_warning', 'Always 1; the label names a warning that status shows.', ['id']);
  return ({ health }) => {
    for (const state of ['works', 'degraded', 'down'] as const) states.set({ state }, health.state === state ? 1 : 0);
    warnings.reset();
    for (const { id } of health.warnings) warnings.set({ id }, 1);
  };
}

function queueGauges(gauge: MakeGauge, { queueReport }: Application, observer: Caller): SetGauges {
  const waiting = gauge('tbs_queue_waiting', 'Queued commands, by priority.', ['priority']);
  const users = gauge('tbs_queue_users', 'Users who have queued commands.');
  const estimate = gauge('tbs_queue_wait_seconds', 'Estimated wait of a command submitted now.');
  const contexts = gauge('tbs_contexts', 'Open contexts.');
  return ({ queue, contexts: open }) => {
    const lines = queueReport.get(observer).waiting;
    for (const priority of BAND_NAMES) {
      const count = lines.filter((each) => each.priority === priority).reduce((sum, each) => sum + each.count, 0);
      waiting.set({ priority }, count);
    }
    users.set(new Set(lines.map(({ userKey }) => userKey)).size);
    estimate.set(queue.estimatedWaitMs / 1000);
    contexts.set(open);
  };
}

function resourceGauges(gauge: MakeGauge, { resources }: Application, observer: Caller): SetGauges {
  const held = gauge('tbs_resources', 'Objects and sessions that contexts hold.', ['kind', 'resident']);
  return () => {
    held.reset();
    for (const { kind, resident } of resources.list(observer)) held.inc({ kind, resident: String(resident) });
  };
}

function lockoutGauges(gauge: MakeGauge, { lockout, userNames }: Application, observer: Caller): SetGauges {
  const lockedUsers = gauge('tbs_lockout_users', 'Users who are locked out by their own failures.');
  const all = gauge('tbs_lockout_all', 'Whether all standard users are locked out.');
  const total = gauge('tbs_lockout_failures', 'Counted authorization failures of all standard users.');
  const threshold = gauge('tbs_lockout_total_threshold', 'Failures of all at which all standard users are locked out.');
  const ofUser = gauge('tbs_lockout_user_failures', 'Counted failures of the users with the most failures.', [
    ...['user', 'locked'],
  ]);
  return async () => {
    const { users, verdictForOthers, totalFailures, thresholds } = lockout.get(observer);
    const most = [...users].sort((left, right) => right.failures - left.failures).slice(0, MAX_USERS);
    const names = await userNames.namesOf(most.map(({ userKey }) => userKey));
    lockedUsers.set(users.filter(({ verdict }) => !verdict.open).length);
    all.set(verdictForOthers.open ? 0 : 1);
    total.set(totalFailures);
    threshold.set(thresholds.totalThreshold);
    ofUser.reset();
    for (const { userKey, failures, verdict } of most) {
      ofUser.set({ user: names.get(userKey) ?? userKey, locked: String(!verdict.open) }, failures);
    }
  };
}

function policyGauges(gauge: MakeGauge, { policy }: Application): SetGauges {
  const revision = gauge('tbs_policy_revision', 'Changes of policy since the broker started.');
  const info = gauge('tbs_policy_info', 'Always 1; the label is the same on machines with the same policy.', [
    'digest',
  ]);
  const problems = gauge('tbs_policy_problems', 'Values in policy sources that were ignored or limited.');
  return () => {
    const current = policy.get();
    revision.set(current.revision);
    info.reset();
    info.set({ digest: digestOf(current.settings) }, 1);
    problems.set(current.problems.length);
  };
}

/** Returns the same digest for the same settings, in whatever order the sources list their codes. */
function digestOf(settings: object): string {
  const text = JSON.stringify(settings, (_key, value: unknown) =>
    value instanceof Set || value instanceof Map ? [...value] : value,
  );
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

function backupGauges(gauge: MakeGauge, { ownerAuthBackup }: Application): SetGauges {
  const pending = gauge(
    'tbs_owner_auth_backup_pending',
    'Whether the directory does not have the owner authorization yet.',
  );
  const success = gauge('tbs_owner_auth_backup_success_time_seconds', 'When the last backup succeeded; 0: never.');
  return () => {
    const backup = ownerAuthBackup.get();
    pending.set(backup.pending ? 1 : 0);
    success.set(backup.lastSuccess === null ? 0 : Date.parse(backup.lastSuccess.time) / 1000);
  };
}

function processFigures(gauge: MakeGauge, registry: Registry, { events }: Application): SetGauges {
  const memory = gauge('process_resident_memory_bytes', 'Memory of the broker’s process.');
  const started = gauge('process_start_time_seconds', 'When the broker started, in seconds since 1970.');
  const processor = totalOf(registry, 'process_cpu_seconds_total', 'Processor time of the broker’s process.');
  const lost = totalOf(registry, 'tbs_audit_lost_lines_total', 'Lines of the audit log that could not be written.');
  return ({ startedAtMs }) => {
    memory.set(process.memoryUsage.rss());
    started.set(startedAtMs / 1000);
    const { user, system } = process.cpuUsage();
    processor((user + system) / 1e6);
    lost(events.lostAuditLines);
  };
}

/** Registers a counter for something that is counted elsewhere; returns a function that takes the total so far. */
function totalOf(registry: Registry, name: string, help: string): (total: number) => void {
  const counter = new Counter({ name, help, registers: [registry] });
  let counted = 0;
  return (total) => {
    counter.inc(Math.max(0, total - counted));
    counted = total;
  };
}
