/**
 * Compares, in one run, a bare swtpm, tpm2-abrmd (Debian's, on a private D-Bus) and this broker: `npm run bench:native`.
 *
 *     npm run bench:native -- [--repetitions 5] [--milliseconds 400] [--clients 1,4,16,64] [--workloads random,hmac]
 *                             [--targets bare,abrmd,tbs] [--socket PATH] [--json result.json]
 *
 * `--socket`: the wire socket of a broker that runs already, instead of one of its own.
 * Each target has its own software TPM. Repetitions take turns (bare, abrmd, tbs, bare, …), because the speed of a
 * machine drifts; the figures are medians over the repetitions. The client is bench/native/tcti_bench.c, the same for
 * all.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { REPOSITORY, TestDaemon } from '../../tests/support/daemon.js';
import { startSwtpm } from '../../tests/support/swtpm.js';
import { startAbrmd } from './abrmd.js';

const run = promisify(execFile);

interface Figures {
  readonly perSecond: number;
  readonly medianUs: number;
  readonly p99Us: number;
}

interface Target {
  readonly name: 'bare' | 'abrmd' | 'tbs';
  readonly tcti: string;
  readonly env: NodeJS.ProcessEnv;
}

interface Case {
  readonly workload: string;
  readonly clients: number;
}

const WORKLOADS = ['random', 'capability', 'hmac', 'ecdsa', 'mix3', 'open'];
/** The limits of a bare TPM: one connection, and three key slots. */
const ON_THE_BARE_TPM = (one: Case): boolean => one.clients === 1 && one.workload !== 'open';

const { values } = parseArgs({
  options: {
    repetitions: { type: 'string', default: '5' },
    milliseconds: { type: 'string', default: '400' },
    clients: { type: 'string', default: '1,4,16,64' },
    workloads: { type: 'string', default: WORKLOADS.join(',') },
    targets: { type: 'string', default: 'bare,abrmd,tbs' },
    socket: { type: 'string' },
    json: { type: 'string' },
  },
});

const buildFolder = join(REPOSITORY, 'native', 'build');
/** Everything that was started; it is stopped in reverse order. */
const closers: (() => Promise<void>)[] = [];
const results = new Map<string, Figures[]>();
const cases = values.workloads
  .split(',')
  .flatMap((workload) => values.clients.split(',').map((clients) => ({ workload, clients: Number(clients) })));

try {
  await measureAll(await startTargets(values.targets.split(',')));
  report();
} finally {
  for (const close of closers.reverse()) await close();
}
if (values.json !== undefined) await writeFile(values.json, JSON.stringify(Object.fromEntries(results), null, 2));

async function measureAll(targets: readonly Target[]): Promise<void> {
  for (let repetition = 0; repetition < Number(values.repetitions); repetition++) {
    for (const one of cases) {
      for (const target of targets) {
        if (target.name === 'bare' && !ON_THE_BARE_TPM(one)) continue;
        const figures = await measure(target, one);
        const key = keyOf(target.name, one);
        results.set(key, [...(results.get(key) ?? []), figures]);
      }
    }
  }
}

function keyOf(target: string, one: Case): string {
  return `${one.workload} x${one.clients} ${target}`;
}

async function startTargets(names: readonly string[]): Promise<Target[]> {
  await run(process.execPath, [join(REPOSITORY, 'tools', 'native-clients.mjs')]);
  const started: Target[] = [];
  if (names.includes('bare')) {
    const tpm = await startSwtpm({ version: '2.0', startup: true });
    closers.push(() => tpm.stop());
    started.push({ name: 'bare', tcti: `raw:${tpm.dataPath}`, env: {} });
  }
  if (names.includes('abrmd')) {
    const abrmd = await startAbrmd();
    closers.push(async () => abrmd[Symbol.asyncDispose]());
    started.push({ name: 'abrmd', tcti: abrmd.tcti, env: abrmd.env });
  }
  if (names.includes('tbs')) {
    const socket = values.socket ?? (await startDaemon());
    started.push({ name: 'tbs', tcti: `tbs:socket=${socket}`, env: { LD_LIBRARY_PATH: buildFolder } });
  }
  return started;
}

async function startDaemon(): Promise<string> {
  const daemon = await TestDaemon.start();
  closers.push(() => daemon[Symbol.asyncDispose]());
  return daemon.wireSocket;
}

async function measure(target: Target, one: Case, milliseconds = Number(values.milliseconds)): Promise<Figures> {
  const args = [target.tcti, one.workload, String(one.clients), String(milliseconds)];
  const { stdout } = await run(join(buildFolder, 'tcti-bench'), args, {
    env: { ...process.env, TSS2_LOG: 'all+none', ...target.env },
    timeout: 60_000,
  });
  return JSON.parse(stdout) as Figures;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function medianOf(target: string, one: Case, field: keyof Figures): number {
  return median((results.get(keyOf(target, one)) ?? []).map((figures) => figures[field]));
}

function report(): void {
  console.log(`${cpus().length} processors, ${cpus()[0]?.model ?? 'unknown'}; Node.js ${process.versions.node}`);
  console.log('latency in µs (median), throughput in operations a second; ratios of this broker to tpm2-abrmd\n');
  console.log('| workload | clients | bare | tpm2-abrmd | this broker | latency | throughput |');
  console.log('|---|---:|---:|---:|---:|---:|---:|');
  for (const one of cases) {
    const cell = (target: string): string => {
      const latency = medianOf(target, one, 'medianUs');
      return Number.isNaN(latency) ? '' : `${latency.toFixed(0)} µs, ${medianOf(target, one, 'perSecond')}/s`;
    };
    const ratio = (field: keyof Figures): string => {
      const value = medianOf('tbs', one, field) / medianOf('abrmd', one, field);
      return Number.isNaN(value) ? '' : `${value.toFixed(2)}×`;
    };
    const cells = [
      one.workload,
      one.clients,
      cell('bare'),
      cell('abrmd'),
      cell('tbs'),
      ratio('medianUs'),
      ratio('perSecond'),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}
