/**
 * Measures how long callers wait for each other, compared with tpm2-abrmd in the same run: `npm run bench:fairness --
 * [--seconds 10]`. Needs root, because it uses many users. The callers are bench/fairness/fairness_client.c over the
 * TCTI of each broker; each broker has its own software TPM.
 *
 * keygen      two callers create RSA keys without pause; a third requests random numbers now and then, with priority
 *             HIGH. Its waits are compared with the longest single key generation, measured before without other callers.
 * otherUsers  one caller of one user among 15 users that flood: its share of all commands, compared with a 16th.
 * oneUser     one caller of one user against 15 floods of one other user: its share, compared with a half.
 * low         a LOW caller among 15 floods with HIGH, with an aging horizon of 2 seconds: its number of commands and its
 *             longest wait.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs, promisify } from 'node:util';
import { REPOSITORY, TestDaemon } from '../../tests/support/daemon.js';
import { startAbrmd } from '../native/abrmd.js';

interface Figures {
  readonly count: number;
  readonly medianUs: number;
  readonly p99Us: number;
  readonly longestUs: number;
}

interface Caller {
  readonly workload: 'keygen' | 'random' | 'ephemeral';
  readonly uid?: number;
  readonly priority?: 'low' | 'normal' | 'high';
  readonly pauseMs?: number;
}

interface Broker {
  readonly name: string;
  readonly tcti: (priority: string) => string;
  readonly env: NodeJS.ProcessEnv;
}

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' } } });
const durationMs = Number(values.seconds) * 1000;
const FLOODS = 15;
const FIRST_UID = 61_200;
const LOW_HORIZON_MS = 2_000;

await promisify(execFile)(process.execPath, [join(REPOSITORY, 'tools', 'native-clients.mjs')]);
// Every user must be able to load the TCTI.
const folder = await mkdtemp(join(tmpdir(), 'tpmtbs-fairness-'));
await chmod(folder, 0o755);
const built = join(REPOSITORY, 'native', 'build');
for (const name of await readdir(built)) {
  if (/^(fairness-client|lib(tbs|tss2-tcti-tbs)\.so.*)$/.test(name))
    await copyFile(join(built, name), join(folder, name));
}

try {
  await using daemon = await TestDaemon.start();
  await using abrmd = await startAbrmd();
  const tbs = brokerOf('this broker', daemon);
  const others: Broker = { name: 'tpm2-abrmd', tcti: () => abrmd.tcti, env: abrmd.env };
  for (const broker of [tbs, others]) await keyGeneration(broker);
  for (const broker of [tbs, others]) await share(broker, 'otherUsers', floodsOfOtherUsers(), 1 / (FLOODS + 1));
  for (const broker of [tbs, others]) await share(broker, 'oneUser', floodsOfOneUser(), 1 / 2);
  await using aging = await TestDaemon.start({ configuration: { scheduling: { agingHorizonMs: LOW_HORIZON_MS } } });
  await lowCaller(brokerOf('this broker', aging));
} finally {
  await rm(folder, { recursive: true });
}

function brokerOf(name: string, daemon: TestDaemon): Broker {
  const tcti = (priority: string): string => `tbs:socket=${daemon.wireSocket},priority=${priority}`;
  return { name, tcti, env: { LD_LIBRARY_PATH: folder } };
}

async function keyGeneration(broker: Broker): Promise<void> {
  const [alone] = await runCallers(broker, [{ workload: 'keygen' }]);
  const load: Caller[] = [
    { workload: 'keygen', uid: FIRST_UID },
    { workload: 'keygen', uid: FIRST_UID + 1 },
  ];
  const [random, ...keygen] = await runCallers(broker, [
    { workload: 'random', priority: 'high', pauseMs: 5, uid: FIRST_UID + 2 },
    ...load,
  ]);
  const longestMs = (alone?.longestUs ?? 0) / 1000;
  const p99Ms = (random?.p99Us ?? 0) / 1000;
  tell(broker, 'keygen', {
    'longest single key generation, ms': longestMs,
    'keys made': keygen.reduce((sum, { count }) => sum + count, 0),
    'random numbers': random?.count,
    'median, ms': (random?.medianUs ?? 0) / 1000,
    'p99, ms': p99Ms,
    'p99 / longest': p99Ms / longestMs,
  });
}

function floodsOfOtherUsers(): Caller[] {
  return Array.from({ length: FLOODS }, (_, index) => [index, index]).flatMap((pair) =>
    pair.map((index) => ({ workload: 'ephemeral' as const, uid: FIRST_UID + 1 + index })),
  );
}

function floodsOfOneUser(): Caller[] {
  return Array.from({ length: FLOODS }, () => ({ workload: 'ephemeral' as const, uid: FIRST_UID + 1 }));
}

async function share(broker: Broker, name: string, floods: readonly Caller[], fairShare: number): Promise<void> {
  const [single, ...rest] = await runCallers(broker, [{ workload: 'ephemeral', uid: FIRST_UID }, ...floods]);
  const own = single?.count ?? 0;
  const all = own + rest.reduce((sum, { count }) => sum + count, 0);
  tell(broker, name, {
    'commands of all': all,
    'of the single caller': own,
    'of its fair share': own / all / fairShare,
    'its median, ms': (single?.medianUs ?? 0) / 1000,
  });
}

async function lowCaller(broker: Broker): Promise<void> {
  const floods = floodsOfOneUser().map((caller) => ({ ...caller, priority: 'high' as const }));
  const [low, ...rest] = await runCallers(broker, [
    { workload: 'ephemeral', priority: 'low', uid: FIRST_UID },
    ...floods,
  ]);
  tell(broker, 'low', {
    'aging horizon, ms': LOW_HORIZON_MS,
    'commands of the LOW caller': low?.count,
    'of the HIGH floods': rest.reduce((sum, { count }) => sum + count, 0),
    'longest wait, ms': (low?.longestUs ?? 0) / 1000,
  });
}

function tell(broker: Broker, name: string, figures: Record<string, number | undefined>): void {
  const told = Object.entries(figures).map(
    ([what, value]) => `${what}: ${Math.round((value ?? Number.NaN) * 1000) / 1000}`,
  );
  console.log(`${name} | ${broker.name} | ${told.join('; ')}`);
}

/**
 * Runs all clients at once, for the benchmark's time. tpm2-abrmd does not distinguish users, so all its callers
 * run as root.
 */
async function runCallers(broker: Broker, callers: readonly Caller[]): Promise<Figures[]> {
  const started = callers.map((caller) => {
    const { workload, priority = 'normal', pauseMs = 0, uid } = caller;
    const args = [broker.tcti(priority), workload, String(durationMs), String(pauseMs)];
    const identity = uid === undefined || broker.name === 'tpm2-abrmd' ? {} : { uid, gid: uid };
    const child = spawn(join(folder, 'fairness-client'), args, {
      ...identity,
      stdio: ['pipe', 'pipe', 'inherit'],
      cwd: '/',
      env: { PATH: process.env['PATH'], TSS2_LOG: 'all+none', ...broker.env },
    });
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
  });
  for (const { lines } of started) await lines.next();
  for (const { child } of started) child.stdin.write('\n');
  return Promise.all(
    started.map(async ({ child, lines }) => {
      const { value } = await lines.next();
      if (typeof value !== 'string') throw new Error(`a caller of ${broker.name} ended before its figures`);
      if (child.exitCode === null) await once(child, 'exit');
      return JSON.parse(value) as Figures;
    }),
  );
}
