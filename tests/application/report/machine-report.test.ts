/** Tests the sentences of the report for each state of the machine; `e2e/report.test` shows it to a browser. */
import assert from 'node:assert/strict';
import { machineReport } from '../../../ts-core/application/report/machine-report.js';
import type { MachineReportContent } from '../../../ts-core/application/report/report-machine.js';
import { explainPolicy } from '../../../ts-core/domain/policy/explain-policy.js';
import { mergePolicy } from '../../../ts-core/domain/policy/merge.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';

const NOW_MS = Date.UTC(2026, 0, 1, 12);
const MINUTE_MS = 60_000;
const OPEN = { open: true };

const refused = (command: string, userKey?: string) => ({
  ...{ kind: 'commandRefused', time: new Date(NOW_MS - MINUTE_MS).toISOString(), userKey },
  ...{ message: `${command} is blocked.`, details: { command } },
});

const PCR = { pcrIndex: 7, events: 3, replayed: Uint8Array.of(0xab), actual: Uint8Array.of(0xcd), matches: true };

/** Returns the report of a healthy machine without failures and refusals, with the changes of the test. */
function report(changes: object = {}): string {
  const content = {
    ...{ computer: 'pc1', timeMs: NOW_MS, transport: 'swtpm' },
    device: { version: '2.0', manufacturer: 'IBM', vendorString: 'SW <TPM>', firmwareVersion: '1.2' },
    status: {
      ...{ startedAtMs: NOW_MS, contexts: 2, tpmLockout: undefined },
      queue: { completed: 5, refused: 1, cancelled: 0 },
      health: { state: 'works', sinceMs: NOW_MS, warnings: [] },
    },
    lockout: {
      ...{ totalFailures: 0, users: [], verdictForOthers: OPEN },
      thresholds: { windowMinutes: 480, individualThreshold: 4, totalThreshold: 9 },
    },
    refusals: [],
    policy: {
      ...{ explanations: explainPolicy(mergePolicy([], 1), []), problems: [], computer: 'pc1' },
      time: new Date(NOW_MS),
    },
    commands: [],
    authLevel: { level: 4, origin: 'unset' },
    backup: { mode: 'off', pending: false, lastSuccess: null, lastFailure: null },
    boot: { matches: true, banks: [] },
    nameOf: (userKey: string) => (userKey === 'uid:1000' ? 'alice' : userKey),
    ...changes,
  };
  return machineReport(content as unknown as MachineReportContent);
}

const user = (verdict: object) => ({
  userKey: 'uid:1000',
  failures: 1,
  verdict,
  agesOutAt: [NOW_MS + 479 * MINUTE_MS],
});
const lockoutOf = (changes: object) => ({
  lockout: {
    ...{ totalFailures: 1, users: [], verdictForOthers: OPEN },
    ...{ thresholds: { windowMinutes: 480, individualThreshold: 4, totalThreshold: 9 }, ...changes },
  },
});

describe('the report of a machine', () => {
  it('says of a healthy machine that nothing happened, and escapes foreign text', () => {
    const html = report();
    for (const sentence of [
      ...['The broker works', 'No user has failures that count', 'None since the broker started'],
      ...['leads to the values in the PCRs', 'SW &lt;TPM&gt;', 'TPM of pc1'],
    ]) {
      assert.ok(html.includes(sentence), sentence);
    }
    assert.ok(!html.includes('<TPM>'));
  });

  it('shows the health, its warnings and the TPM’s own lockout', () => {
    const warnings = [{ id: 'exposed', message: 'The TPM <can> be bypassed.', action: 'Close it.', sinceMs: NOW_MS }];
    const html = report({
      status: {
        ...{ startedAtMs: NOW_MS, contexts: 0, queue: { completed: 0, refused: 0, cancelled: 0 } },
        ...{ tpmLockout: { failedTries: 3, maxTries: 32, inLockout: true } },
        health: { state: 'degraded', sinceMs: NOW_MS, warnings },
      },
    });
    assert.match(html, /with warnings/);
    assert.match(html, /exposed<\/strong>: The TPM &lt;can&gt; be bypassed\.<br>What to do: Close it\./);
    assert.match(html, /3 of 32 failed tries, locked/);
  });

  it('names users with failures, and says until when each is locked out, to the second above as refusals do', () => {
    for (const [verdict, expected] of [
      [OPEN, /alice.*not locked out/],
      [{ open: false, lockedOutUntil: null }, /alice.*<td>locked out<\/td>/],
      [{ open: false, lockedOutUntil: NOW_MS + MINUTE_MS + 1 }, /locked out until 2026-01-01 12:01:01</],
    ] as const) {
      assert.match(report(lockoutOf({ users: [user(verdict)] })).replaceAll('\n', ''), expected);
    }
    assert.match(report(lockoutOf({ users: [user(OPEN)] })), /11:59/, 'the failure is one minute old');
  });

  it('says that all standard users are locked out, and until when', () => {
    const closed = (lockedOutUntil: number | null) => lockoutOf({ verdictForOthers: { open: false, lockedOutUntil } });
    assert.match(report(closed(null)), /All standard users are locked out\./);
    assert.match(report(closed(NOW_MS + 1)), /All standard users are locked out until 2026-01-01 12:00:01\./);
    assert.doesNotMatch(report(), /All standard users/);
  });

  it('counts refusals by user and command, the most frequent first, and lists the last ten, the newest first', () => {
    const refusals = [
      ...Array.from({ length: 11 }, () => refused('TPM2_Clear', 'uid:1000')),
      ...[refused('TPM2_PP_Commands', 'uid:1001'), refused('TPM2_HierarchyControl')],
    ];
    const html = report({ refusals });
    assert.match(html, /The last 13\./);
    assert.match(html, /by user: alice 11, uid:1001 1, broker 1/);
    assert.match(html, /by command: TPM2_Clear 11, TPM2_PP_Commands 1, TPM2_HierarchyControl 1/);
    const listed = html.slice(html.indexOf('The last ones, with their reason')).match(/TPM2_\w+ is blocked/g) ?? [];
    assert.deepEqual(
      listed.slice(0, 3).map((line) => line.replace(' is blocked', '')),
      ['TPM2_HierarchyControl', 'TPM2_PP_Commands', 'TPM2_Clear'],
    );
    assert.equal(listed.length, 10);
  });

  it('shows when the owner authorization was backed up, and why it was not', () => {
    const html = report({
      backup: {
        ...{ mode: 'required', pending: true, lastSuccess: { time: '2025-12-31T08:00:00.123Z', server: 'dc1' } },
        lastFailure: { time: '2026-01-01T09:30:00.000Z', message: 'The directory does not answer.' },
      },
    });
    for (const text of ['2025-12-31 08:00:00, to dc1', '2026-01-01 09:30:00: The directory does not answer.', 'yes']) {
      assert.ok(html.includes(text), text);
    }
    assert.match(report(), /never/);
  });

  it('says why there is no measured boot, or where the log and the PCRs differ', () => {
    assert.match(report({ boot: { problem: 'There is no <log>.' } }), /There is no &lt;log&gt;\./);
    const differing = { ...PCR, pcrIndex: 4, matches: false, replayed: undefined };
    const html = report({
      boot: {
        matches: false,
        banks: [
          { name: 'sha256', notCompared: undefined, pcrs: [PCR, differing] },
          { name: 'sm3', notCompared: 'the TPM has no such bank', pcrs: [] },
        ],
      },
    });
    assert.match(html, /does not lead to the values/);
    assert.match(html, /differs: log none, PCR cd/);
    assert.match(html, /<td>matches<\/td>/);
    assert.match(html, /not compared: the TPM has no such bank/);
  });

  it('says of each command who may send it, under which condition, or why not', () => {
    const verdicts = [
      { code: TPM_CC.Clear, verdict: { allowed: true } },
      { code: TPM_CC.Clear, verdict: { allowed: true }, condition: 'as the owner' },
      { code: TPM_CC.Clear, verdict: { allowed: false, reason: 'Destroys keys.' } },
    ];
    const row = report({ commands: [verdicts] }).replaceAll('\n', '');
    assert.match(row, /Clear.*<td>allowed<\/td>.*allowed: as the owner.*blocked: Destroys keys\./);
  });
});
