/**
 * Measures one attack, or two at once, on its own daemon: three waves, during which root and another user work
 * and their waits are measured.
 */
import { readFileSync, statSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { TestDaemon } from '../../tests/support/daemon.js';
import { longLog } from '../../tests/support/event-log-writer.js';
import { SHIPPED_ENVIRONMENT } from '../../tests/support/programs.js';
import { TIME_COLUMNS } from './judgement.js';
import { MachineLoad } from './machine-load.js';
import type { Sockets } from './probes.js';
import type { ProcessorGroups } from './processor-groups.js';
import type { Wait } from './processor-time.js';
import { startAttack, WorkingUser } from './working-user.js';

const ATTACKER_UID = 61_301;
const OTHER_UID = 61_302;
const WAVES = 3;
const MEBIBYTE = 1024 * 1024;
/** If the processes of a wave take longer than this, something hangs. */
const LONGEST_SILENCE_MS = 60_000;

/** How long the users call before each wave, without an attacker, for comparison. */
const CALM_MS = 1500;

export interface Figures {
  /** In the order of GOALS: p99 in milliseconds by the clock; MiB; a ratio; milliseconds; KB a minute. */
  readonly figures: readonly number[];
  /** The times of the same calls before the waves. */
  readonly without: readonly number[];
  /** The times during the waves, without the time that the broker, its TPM and the callers waited for a processor. */
  readonly withoutProcessorWaits: readonly number[];
  /** The broker's memory (VmRSS) at the peak of each wave. */
  readonly peaksMiB: readonly number[];
  /** The share of the processors that others used during the run. */
  readonly shareOfOthers: number;
}

/** Rejects if the broker or a part of the bench does not work well enough to measure. */
export async function measure(probes: readonly string[], waveMs: number, groups: ProcessorGroups): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'tpmtbs-hostile-'));
  await chmod(folder, 0o777);
  try {
    const address = (name: string): string => `unix:${join(folder, name)}`;
    const simulator = {
      mssim: { command: address('m'), platform: address('m.ctrl') },
      swtpm: { data: address('s'), control: address('s.ctrl') },
      bare: address('b'),
    };
    // With an administrator's default: the audit log coalesces refusals for a minute.
    const auditPath = join(folder, 'audit.jsonl');
    const eventLogPath = join(folder, 'log');
    await writeFile(eventLogPath, longLog());
    await using daemon = await TestDaemon.start({
      configuration: { simulator, audit: { path: auditPath }, platform: { eventLogPath } },
      env: SHIPPED_ENVIRONMENT,
    });
    const sockets: Sockets = {
      rpc: daemon.rpcSocket,
      wire: daemon.wireSocket,
      mssim: join(folder, 'm'),
      mssimPlatform: join(folder, 'm.ctrl'),
      swtpmControl: join(folder, 's.ctrl'),
      bare: join(folder, 'b'),
    };
    return await attackInWaves({ daemon, sockets, probes, waveMs, auditPath, groups });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Attacked {
  readonly daemon: TestDaemon;
  readonly sockets: Sockets;
  readonly probes: readonly string[];
  readonly waveMs: number;
  readonly auditPath: string;
  readonly groups: ProcessorGroups;
}

async function attackInWaves({ daemon, sockets, probes, waveMs, auditPath, groups }: Attacked): Promise<Figures> {
  const tpms = childrenOf(daemon.processId);
  const brokers = [daemon.processId, ...tpms];
  const root = new WorkingUser(0, sockets, brokers);
  const other = new WorkingUser(OTHER_UID, sockets, brokers);
  const attackers: number[] = [];
  groups.placeBroker(daemon.processId, tpms);
  groups.placeUser(0, root.processId);
  groups.placeUser(OTHER_UID, other.processId);
  try {
    await wait(500);
    await Promise.all([root.measured(), other.measured()]);
    const load = new MachineLoad(() => [process.pid, ...brokers, root.processId, other.processId, ...attackers]);
    const writtenBefore = writtenBytes(daemon, auditPath);
    const without: (readonly Wait[])[] = [];
    const during: (readonly Wait[])[] = [];
    const peaks: number[] = [];
    let idleBytes = Number.POSITIVE_INFINITY;
    let normalAfterMs = 0;
    for (let wave = 0; wave < WAVES; wave++) {
      const calm = await workDuring(root, other, Math.min(CALM_MS, waveMs), () => load.look());
      if (wave === 0) idleBytes = daemon.residentBytes;
      without.push(calm.times);
      const attacker = await startAttack(ATTACKER_UID, probes, sockets);
      if (attacker.pid !== undefined) {
        attackers.push(attacker.pid);
        groups.placeUser(ATTACKER_UID, attacker.pid);
      }
      let peak = 0;
      const attacked = await workDuring(root, other, waveMs, () => {
        peak = Math.max(peak, daemon.residentBytes);
        load.look();
      });
      load.look();
      attacker.kill('SIGKILL');
      during.push(attacked.times);
      peaks.push(peak);
      normalAfterMs = Math.max(normalAfterMs, await untilNormal(other, calm.normalMs));
    }
    load.look();
    // Assumes an interval of at least one minute, so that a line that is written once a minute counts once.
    const minutes = Math.max(1, (WAVES * waveMs) / 60_000);
    const written = (writtenBytes(daemon, auditPath) - writtenBefore) / 1000 / minutes;
    const [firstPeak = 0, , thirdPeak = 0] = peaks;
    const growth = (Math.max(...peaks) - idleBytes) / MEBIBYTE;
    const timesOf = (waves: readonly (readonly Wait[])[], of: 'ms' | 'idleMs'): number[] =>
      TIME_COLUMNS.map((_, column) => Math.max(...waves.map((wait) => wait[column]?.[of] ?? Number.NaN)));
    return {
      figures: [...timesOf(during, 'ms'), growth, thirdPeak / firstPeak, normalAfterMs, written],
      without: timesOf(without, 'ms'),
      withoutProcessorWaits: timesOf(during, 'idleMs'),
      peaksMiB: peaks.map((peak) => peak / MEBIBYTE),
      shareOfOthers: load.shareOfOthers,
    };
  } finally {
    root.end();
    other.end();
  }
}

interface Period {
  /** p99, in the order of TIME_COLUMNS. */
  readonly times: readonly Wait[];
  /** A command that takes no longer than this counts as undisturbed. */
  readonly normalMs: number;
}

/** Returns what both users measure within the time. Calls `look` every 50 ms. */
async function workDuring(root: WorkingUser, other: WorkingUser, ms: number, look: () => void): Promise<Period> {
  await Promise.all([root.measured(), other.measured()]);
  for (const endMs = performance.now() + ms; performance.now() < endMs; await wait(50)) look();
  const [roots, others] = await Promise.all([root.measured(), other.measured()]);
  return {
    times: [p99(roots.commands), p99(others.commands), p99([...roots.connections, ...others.connections])],
    normalMs: 2 * p99(others.commands).ms + 5,
  };
}

/** Returns how long it takes until the commands of a whole tenth of a second are undisturbed. */
async function untilNormal(user: WorkingUser, normalMs: number): Promise<number> {
  const since = performance.now();
  await user.measured();
  for (;;) {
    const began = performance.now();
    await wait(100);
    const { commands } = await user.measured();
    if (commands.length > 0 && Math.max(...commands.map(({ ms }) => ms)) <= normalMs) return began - since;
    if (performance.now() - since > LONGEST_SILENCE_MS) return performance.now() - since;
  }
}

function childrenOf(processId: number): readonly number[] {
  const text = readFileSync(`/proc/${processId}/task/${processId}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

function writtenBytes({ logPath }: TestDaemon, auditPath: string): number {
  return [logPath, auditPath].reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
}

function p99(waits: readonly Wait[]): Wait {
  const at = Math.ceil(waits.length * 0.99) - 1;
  const sorted = (of: 'ms' | 'idleMs'): number => waits.map((each) => each[of]).sort((a, b) => a - b)[at] ?? Number.NaN;
  return { ms: sorted('ms'), idleMs: sorted('idleMs') };
}
