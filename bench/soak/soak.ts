/**
 * Runs mixed clients for a long time, while clients, the broker and the TPM are killed.
 *
 *     npm run soak -- [--minutes 30] [--clients 12] [--json result.json]
 *
 * During the first 60% of the time, the broker is stopped or killed under load, and the TPM is killed. After that, the
 * broker stays up, so that its memory can be compared with its level after the warm-up; clients and TPM are still
 * killed. Fails (exit code 1) if a handle is left in the TPM, memory is more than 10% above its level after the
 * warm-up, an acknowledged change is lost, a response is wrong, or the broker does not serve at the end.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { REPOSITORY, TestDaemon } from '../../tests/support/daemon.js';
import type { RpcClient } from '../../tests/support/rpc-client.js';
import { startSwtpm } from '../../tests/support/swtpm.js';
import { GET_RANDOM_20, handleListIn, listHandles } from '../../tests/support/tpm20-commands.js';
import { responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import {
  ACTIVE_SESSION_FIRST,
  LOADED_SESSION_FIRST,
  TPM_CC,
  TRANSIENT_FIRST,
} from '../../ts-core/domain/tpm20/codes.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    clients: { type: 'string', default: '12' },
    json: { type: 'string' },
  },
});

const CHAOS_SHARE = 0.6;
/** The warm-up ends after this share of the time in which the broker stays up, and after this many commands. */
const WARM_UP_SHARE = 0.25;
const WARM_UP_COMMANDS = 100_000;
/** With fewer samples after the warm-up, memory is not judged. */
const FEWEST_SAMPLES = 30;
const MEMORY_TOLERANCE = 1.1;
const SAMPLE_MS = 1000;
const MOST_STARTS = 20;
const USERS = [0, 61_101, 61_102, 61_103];
/** TPM 2.0 commands that no client of the soak test needs, so that they can be blocked. */
const BLOCKABLE = [
  TPM_CC.Hash,
  TPM_CC.HMAC,
  TPM_CC.HashSequenceStart,
  TPM_CC.HMAC_Start,
  TPM_CC.PolicyCpHash,
  TPM_CC.EC_Ephemeral,
  TPM_CC.Commit,
  TPM_CC.EncryptDecrypt,
];
const WRONG_ANSWER = 3;
const HANDLE_RANGES = {
  transient: TRANSIENT_FIRST,
  loadedSessions: LOADED_SESSION_FIRST,
  savedSessions: ACTIVE_SESSION_FIRST,
} as const;

const durationMs = Number(values.minutes) * 60_000;
const startedAtMs = Date.now();
const endsAtMs = startedAtMs + durationMs;
const chaosEndsAtMs = startedAtMs + durationMs * CHAOS_SHARE;
const counts = { clientsKilled: 0, brokerStops: 0, brokerKills: 0, tpmKills: 0, changes: 0, wrongAnswers: 0, tools: 0 };
const memory: { bytes: number; completed: number }[] = [];

/**
 * The last acknowledged state of each list entry; undefined while a change is in progress or its result is unknown.
 */
const acknowledged = new Map<number, boolean | undefined>();
let stopping = false;

const tpm = await startSwtpm({ version: '2.0' });
const daemon = await TestDaemon.start({
  configuration: {
    transport: { kind: 'swtpm', swtpm: { data: `unix:${tpm.dataPath}`, control: `unix:${tpm.ctrlPath}` } },
    simulator: { bare: `unix:${join(tpm.dir, 'bare.sock')}` },
  },
});
const toolsFolder = join(REPOSITORY, 'native', 'build');
const hasTools = existsSync(join(toolsFolder, 'libtss2-tcti-tbs.so.0'));

try {
  const slots = Array.from({ length: Number(values.clients) }, (_, index) => runSlot(index));
  const chaos = killBroker();
  await Promise.all([
    ...slots,
    changeLists(),
    chaos,
    killTpm(),
    sampleMemory(chaos),
    ...(hasTools ? [runTools()] : []),
  ]);
  const result = await judge();
  console.log(JSON.stringify(result));
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(result, undefined, 2)}\n`);
  process.exitCode = result.failures.length === 0 ? 0 : 1;
} finally {
  await daemon[Symbol.asyncDispose]();
  await tpm.stop();
}

function isOver(): boolean {
  return stopping || Date.now() >= endsAtMs;
}

/** Runs one client process after the other, and kills each at a random moment. */
async function runSlot(index: number): Promise<void> {
  const kinds = ['rpc', 'wire', 'bare'] as const;
  const kind = kinds[index % kinds.length] as (typeof kinds)[number];
  const address = { rpc: daemon.rpcSocket, wire: daemon.wireSocket, bare: join(tpm.dir, 'bare.sock') }[kind];
  // The folder of the bare socket belongs to root.
  const uid = kind === 'bare' ? 0 : (USERS[index % USERS.length] as number);
  const script = fileURLToPath(new URL('./soak-client.js', import.meta.url));
  while (!isOver()) {
    const child = spawn(process.execPath, [script, kind, address, String(uid)], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    const ended = once(child, 'exit');
    await Promise.race([ended, wait(Math.min(endsAtMs - Date.now(), 3_000 + Math.random() * 20_000))]);
    if (child.exitCode === WRONG_ANSWER) counts.wrongAnswers++;
    else counts.clientsKilled++;
    child.kill('SIGKILL');
    await ended;
  }
}

/** Runs tpm2-tools over the TCTI `tbs`, if the C libraries are built. */
async function runTools(): Promise<void> {
  const env = {
    ...process.env,
    LD_LIBRARY_PATH: toolsFolder,
    TPM2TOOLS_TCTI: `tbs:socket=${daemon.wireSocket}`,
    TSS2_LOG: 'all+none',
  };
  const commands = [
    ['tpm2_getrandom', '--hex', '16'],
    ['tpm2_createprimary', '-Q', '-C', 'n', '-G', 'ecc'],
    ['tpm2_getcap', 'handles-transient'],
  ];
  while (!isOver()) {
    const [program, ...args] = commands[counts.tools % commands.length] as [string, ...string[]];
    const child = spawn(program, args, { env, stdio: 'ignore' });
    await once(child, 'exit');
    counts.tools++;
    await wait(500);
  }
}

async function changeLists(): Promise<void> {
  let client: RpcClient | undefined;
  while (!isOver()) {
    const code = BLOCKABLE[Math.floor(Math.random() * BLOCKABLE.length)] as number;
    const before = acknowledged.get(code) ?? false;
    try {
      client ??= await daemon.connect();
      acknowledged.set(code, undefined);
      await client.call(before ? 'commandBlock/remove' : 'commandBlock/add', { commands: [code] });
      acknowledged.set(code, !before);
      counts.changes++;
    } catch {
      client?.close();
      client = undefined;
      await wait(200);
      // The result is unknown, so whatever the list contains from now on was stored.
      await learn(code);
    }
    await wait(100);
  }
  client?.close();
}

async function learn(code: number): Promise<void> {
  while (!stopping) {
    try {
      const client = await daemon.connect();
      acknowledged.set(code, (await blocked(client)).has(code));
      client.close();
      return;
    } catch {
      await wait(200);
    }
  }
}

async function blocked(client: RpcClient): Promise<Set<number>> {
  interface Listed {
    readonly code: number;
    readonly verdicts: readonly { readonly decidingList: string | null }[];
  }
  const { commands } = await client.call<{ commands: Listed[] }>('commandBlock/list', {});
  return new Set(commands.filter(({ verdicts }) => verdicts[0]?.decidingList === 'local').map(({ code }) => code));
}

async function killBroker(): Promise<void> {
  while (Date.now() < chaosEndsAtMs) {
    await wait(Math.min(chaosEndsAtMs - Date.now() + 1, 15_000 + Math.random() * 20_000));
    if (Math.random() < 0.5) {
      await daemon.kill('SIGKILL');
      counts.brokerKills++;
    } else {
      await daemon.stop();
      counts.brokerStops++;
    }
    await startBroker();
  }
}

/** Acts as the service manager: a broker that finds its TPM killed ends, and is started again. */
async function startBroker(): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await daemon.run();
      return;
    } catch (error) {
      if (attempt === MOST_STARTS) throw error;
      await wait(500);
    }
  }
}

async function killTpm(): Promise<void> {
  while (!isOver()) {
    await wait(Math.min(endsAtMs - Date.now() + 1, 20_000 + Math.random() * 20_000));
    if (isOver()) return;
    await tpm.kill();
    // Its control channel shows that it has started, but the broker may have taken the channel first. If it
    // does not restart, the final check reports it.
    await tpm.start().catch(() => undefined);
    counts.tpmKills++;
  }
}

/** The broker that stays up, after the last restart, which may still be in progress. */
async function sampleMemory(chaos: Promise<void>): Promise<void> {
  await chaos;
  const client = await daemon.connect();
  while (!isOver()) {
    const bytes = residentBytes();
    const { queue } = await client.call<{ queue: { completed: number } }>('status/get');
    if (bytes !== undefined) memory.push({ bytes, completed: queue.completed });
    await wait(SAMPLE_MS);
  }
  client.close();
}

function residentBytes(): number | undefined {
  try {
    const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${daemon.processId}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

async function judge() {
  const failures: string[] = [];
  stopping = true;
  const client = await daemon.connect();
  const served = responseCodeOf(await client.submit(await client.open(), GET_RANDOM_20)) === 0;
  if (!served) failures.push('the broker does not serve');
  if (counts.wrongAnswers > 0) failures.push(`${counts.wrongAnswers} wrong answers`);
  const { queue } = await client.call<{ queue: { completed: number; refused: number } }>('status/get');
  const kept = await blocked(client);
  const lost = [...acknowledged].filter(([code, isBlocked]) => isBlocked !== undefined && kept.has(code) !== isBlocked);
  if (lost.length > 0) failures.push(`acknowledged changes are gone: ${lost.map(([code]) => code.toString(16))}`);
  client.close();
  const level = memoryLevel();
  if (level === undefined) failures.push(`too little was carried out to judge memory: ${queue.completed} commands`);
  else if (level.ratio > MEMORY_TOLERANCE) failures.push(`memory grew to ${level.ratio.toFixed(3)} of its level`);
  // Kill them, so that they clean up nothing more: whatever the TPM holds now, the broker has forgotten.
  await wait(1000);
  await daemon.kill('SIGKILL');
  const leaked = await handlesInTpm();
  for (const [range, handles] of Object.entries(leaked)) {
    if (handles.length > 0) failures.push(`${range} left in the TPM: ${handles.map((handle) => handle.toString(16))}`);
  }
  return {
    minutes: (Date.now() - startedAtMs) / 60_000,
    ...counts,
    lastBroker: queue,
    withTools: hasTools,
    memory: level ?? null,
    leaked,
    failures,
  };
}

/** Medians in megabytes: after the warm-up of the broker that stayed up, and at the end. */
function memoryLevel(): { warmMb: number; endMb: number; ratio: number } | undefined {
  const byCommands = memory.findIndex(({ completed }) => completed >= WARM_UP_COMMANDS);
  if (byCommands < 0) return undefined;
  const warm = memory.slice(Math.max(byCommands, Math.floor(memory.length * WARM_UP_SHARE)));
  if (warm.length < FEWEST_SAMPLES) return undefined;
  const tenth = Math.max(1, Math.floor(memory.length / 10));
  const warmMb = medianMb(warm.slice(0, tenth));
  const endMb = medianMb(warm.slice(-tenth));
  return { warmMb, endMb, ratio: endMb / warmMb };
}

function medianMb(samples: readonly { bytes: number }[]): number {
  const sorted = samples.map(({ bytes }) => bytes).sort((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? Number.NaN) / 104_857.6) / 10;
}

async function handlesInTpm(): Promise<Record<keyof typeof HANDLE_RANGES, number[]>> {
  const socket = connect(tpm.dataPath);
  await once(socket, 'connect');
  const list = async (first: number): Promise<number[]> => {
    socket.write(listHandles(first, 254));
    const [response] = (await once(socket, 'data')) as [Buffer];
    return [...handleListIn(response).handles];
  };
  const found = {
    transient: await list(HANDLE_RANGES.transient),
    loadedSessions: await list(HANDLE_RANGES.loadedSessions),
    savedSessions: await list(HANDLE_RANGES.savedSessions),
  };
  socket.destroy();
  return found;
}
