/**
 * Measures one attack, or two at once, on its own daemon: three waves, and the waits of root and another user
 * meanwhile.
 */
import { readFileSync, statSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { TestDaemon } from '../../tests/support/daemon.js';
import { SHIPPED_NODE_OPTIONS } from '../../tests/support/programs.js';
import type { Sockets } from './probes.js';
import type { Wait } from './processor-time.js';
import type { Measured } from './victim.js';
import { spawnPart, WorkingUser } from './working-user.js';

const ATTACKER_UID = 61_301;
const OTHER_UID = 61_302;
const WAVES = 3;
const MEBIBYTE = 1024 * 1024;
/** Below this size the heap grows and shrinks by itself, so the ratio of two waves means nothing. */
const SMALL_GROWTH = 32 * MEBIBYTE;
/** The processes of a wave finish within this time; otherwise something hangs. */
const LONGEST_SILENCE_MS = 60_000;

export const TIME_COLUMNS = ['root', 'other', 'connections'] as const;

export interface Time extends Wait {
  /** Elapsed time of the same calls before the attack. */
  readonly beforeMs: number;
}

export interface Figures {
  /** p99, in the order of TIME_COLUMNS. */
  readonly times: readonly Time[];
  /**
   * Memory above idle in MiB, third wave relative to first, ms until everything is normal, KB a minute in audit log
   * and log.
   */
  readonly others: readonly number[];
  /** The machine's load before the attack. */
  readonly load: number;
}

/** Rejects if the broker or a part of the bench does not work well enough to measure. */
export async function measure(probes: readonly string[], waveMs: number): Promise<Figures> {
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
    await using daemon = await TestDaemon.start({
      configuration: { simulator, audit: { path: auditPath } },
      env: { NODE_OPTIONS: SHIPPED_NODE_OPTIONS },
    });
    const sockets: Sockets = {
      rpc: daemon.rpcSocket,
      wire: daemon.wireSocket,
      mssim: join(folder, 'm'),
      swtpmControl: join(folder, 's.ctrl'),
      bare: join(folder, 'b'),
    };
    return await attackInWaves(daemon, sockets, probes, waveMs, auditPath);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function attackInWaves(
  daemon: TestDaemon,
  sockets: Sockets,
  [first = '', second = '-']: readonly string[],
  waveMs: number,
  auditPath: string,
): Promise<Figures> {
  const brokers = [daemon.processId, ...childrenOf(daemon.processId)];
  const root = new WorkingUser(0, sockets, brokers);
  const other = new WorkingUser(OTHER_UID, sockets, brokers);
  try {
    await wait(500);
    await Promise.all([root.measured(), other.measured()]);
    await wait(Math.min(3000, waveMs));
    const load = loadavg()[0] as number;
    const [rootBefore, otherBefore] = await Promise.all([root.measured(), other.measured()]);
    const idleBytes = daemon.residentBytes;
    const writtenBefore = writtenBytes(daemon, auditPath);
    const normalMs = 2 * p99(otherBefore.commands.map(({ ms }) => ms)) + 5;
    const usual = { root: medianMs(rootBefore), other: medianMs(otherBefore) };
    const timesOf = (roots: Measured, others: Measured): Wait[] => [
      p99Beyond(roots.commands, usual.root),
      p99Beyond(others.commands, usual.other),
      p99Beyond([...roots.connections, ...others.connections], 0),
    ];
    const before = timesOf(rootBefore, otherBefore);
    const during: Wait[][] = [];
    const peaks: number[] = [];
    let normalAfterMs = 0;
    for (let wave = 0; wave < WAVES; wave++) {
      const attacker = spawnPart('attacker.js', String(ATTACKER_UID), first, second, JSON.stringify(sockets));
      let peak = 0;
      for (const endMs = performance.now() + waveMs; performance.now() < endMs; await wait(50)) {
        peak = Math.max(peak, daemon.residentBytes);
      }
      const [roots, others] = await Promise.all([root.measured(), other.measured()]);
      attacker.kill('SIGKILL');
      during.push(timesOf(roots, others));
      peaks.push(peak - idleBytes);
      normalAfterMs = Math.max(normalAfterMs, await untilNormal(other, normalMs));
    }
    const minutes = (WAVES * waveMs) / 60_000;
    const written = (writtenBytes(daemon, auditPath) - writtenBefore) / 1000 / Math.max(1, minutes);
    const [firstPeak = 0, , thirdPeak = 0] = peaks;
    const ratio = Math.max(thirdPeak, SMALL_GROWTH) / Math.max(firstPeak, SMALL_GROWTH);
    const times = TIME_COLUMNS.map((_, column) => ({
      ms: Math.max(...during.map((each) => each[column]?.ms ?? 0)),
      idleMs: Math.max(...during.map((each) => each[column]?.idleMs ?? 0)),
      beforeMs: before[column]?.ms ?? 0,
    }));
    return { times, others: [Math.max(...peaks) / MEBIBYTE, ratio, normalAfterMs, written], load };
  } finally {
    root.end();
    other.end();
  }
}

/** Returns how long it takes until the commands of a whole tenth of a second are as fast as without an attacker. */
async function untilNormal(user: WorkingUser, normalMs: number): Promise<number> {
  const since = performance.now();
  await user.measured();
  for (;;) {
    const began = performance.now();
    await wait(100);
    const { commands } = await user.measured();
    if (commands.length > 0 && Math.max(...commands.map(({ idleMs }) => idleMs)) <= normalMs) return began - since;
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

function p99Beyond(waits: readonly Wait[], usualMs: number): Wait {
  return {
    ms: Math.max(0, p99(waits.map(({ ms }) => ms)) - usualMs),
    idleMs: Math.max(0, p99(waits.map(({ idleMs }) => idleMs)) - usualMs),
  };
}

function medianMs({ commands }: Measured): number {
  return sorted(commands.map(({ idleMs }) => idleMs))[commands.length >> 1] ?? 0;
}

function sorted(values: readonly number[]): readonly number[] {
  return [...values].sort((left, right) => left - right);
}

function p99(values: readonly number[]): number {
  return sorted(values)[Math.ceil(values.length * 0.99) - 1] ?? 0;
}
