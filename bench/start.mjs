// Measures how long the programs take to start, and how much memory a broker uses when idle and at most under
// bench:native, compared with a bare Node.js of the version that ships. The broker gets the options and variables of
// its unit. Fails if a goal is missed.
//   npm run bench:start [-- --rounds 20]
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SHIPPED_ENVIRONMENT } from '../build/tests/support/programs.js';
import { shippedPrograms } from '../packaging/bundle/bundle.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } });
const rounds = Number(values.rounds);
const { folder: programs, node } = await shippedPrograms();
const scratch = mkdtempSync(path.join(tmpdir(), 'tpmtbs-start-'));

/** Goals are multiples of what a bare Node.js takes. */
const GOALS = [
  { name: 'tbs --version', goal: 1.3, measure: () => timed('tbs', ['--version']) },
  { name: 'tbs status', goal: 2, measure: () => timed('tbs', ['status', '--socket', broker.socket]) },
  { name: 'Tab completion of tbs', goal: 2, measure: () => timed('tbs', ['--get-yargs-completions', 'tbs', 'st']) },
  { name: 'tbsd to a listening socket', goal: 4, measure: () => started(async (each) => each.listens()) },
  { name: 'tbsd to the first answer', goal: 9, measure: () => started(async (each) => each.answers()) },
];
const IDLE_MEMORY_GOAL = 2;
const PEAK_MEMORY_GOAL = 2.5;
const COMPARE_NATIVE = fileURLToPath(new URL('../build/bench/native/compare.js', import.meta.url));

const broker = await startBroker();
const results = [];
try {
  await broker.answers();
  for (const { name, goal, measure } of GOALS) results.push(await ratio(name, goal, measure));
  results.push(...(await memory()));
} finally {
  await broker.stop();
  rmSync(scratch, { recursive: true, force: true });
}
for (const { name, goal, found, detail } of results) {
  console.log(`${name.padEnd(30)} ${found.toFixed(2)} times, goal ${goal} (${detail})${found > goal ? ' MISSED' : ''}`);
}
process.exitCode = results.every(({ goal, found }) => found <= goal) ? 0 : 1;

/** Measures both in turn, so that a busy machine slows both, and returns the median of the pairs. */
async function ratio(name, goal, measure) {
  const pairs = [];
  await measure();
  for (let round = 0; round < rounds; round++) {
    const bare = timedRun(['-e', '0']);
    pairs.push({ bare, own: await measure() });
  }
  const found = median(pairs.map(({ bare, own }) => own / bare));
  const [bare, own] = [median(pairs.map((pair) => pair.bare)), median(pairs.map((pair) => pair.own))];
  return { name, goal, found, detail: `${own.toFixed(0)} ms, bare Node.js ${bare.toFixed(0)} ms` };
}

/** Measures the idle broker, and then its peak since the start, after the workloads of bench:native. */
async function memory() {
  const bare = spawn(node, ['-e', 'setInterval(() => {}, 1e9)'], { stdio: 'ignore' });
  await wait(3000);
  const compared = megabytes(bare.pid, 'VmRSS');
  bare.kill();
  const row = (name, goal, own) => {
    const detail = `${own.toFixed(0)} MB, bare Node.js ${compared.toFixed(0)} MB`;
    return { name, goal, found: own / compared, detail };
  };
  const idle = row('memory of an idle tbsd', IDLE_MEMORY_GOAL, megabytes(broker.pid, 'VmRSS'));
  runBenchNative();
  return [idle, row('peak under bench:native', PEAK_MEMORY_GOAL, megabytes(broker.pid, 'VmHWM'))];
}

function runBenchNative() {
  const args = [COMPARE_NATIVE, '--targets', 'tbs', '--socket', broker.wireSocket, '--repetitions', '1'];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`bench:native ended with ${status}: ${stderr}`);
}

function megabytes(pid, field) {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

function timed(program, args) {
  return timedRun([path.join(programs, program), ...args]);
}

function timedRun(args) {
  const begin = performance.now();
  const { error, signal } = spawnSync(node, args, { stdio: 'ignore' });
  if (error !== undefined || signal !== null) throw error ?? new Error(`node ${args.join(' ')} ended by ${signal}`);
  return performance.now() - begin;
}

async function started(milestone) {
  const begin = performance.now();
  const each = await startBroker();
  try {
    await milestone(each);
    return performance.now() - begin;
  } finally {
    await each.stop();
  }
}

/** Starts a broker with an embedded TPM that exists already, as after a restart of the service. */
async function startBroker() {
  const folder = mkdtempSync(path.join(scratch, 'broker-'));
  const [socket, wireSocket] = [path.join(folder, 'rpc.sock'), path.join(folder, 'wire.sock')];
  const configuration = path.join(folder, 'tbsd.json');
  mkdirSync(path.join(folder, 'state'), { mode: 0o700 });
  writeFileSync(configuration, JSON.stringify(brokerConfiguration(folder, { rpc: socket, wire: wireSocket })), {
    mode: 0o600,
  });
  const child = spawn(node, [path.join(programs, 'tbsd'), '--config', configuration], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...SHIPPED_ENVIRONMENT },
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return {
    pid: child.pid,
    socket,
    wireSocket,
    listens: () => untilConnected(socket, child).then((connection) => connection.destroy()),
    answers: async () => firstAnswer(await untilConnected(socket, child)),
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

function brokerConfiguration(folder, sockets) {
  return {
    stateFolder: path.join(folder, 'state'),
    sockets,
    transport: { kind: 'embedded', embedded: { stateFolder: path.join(folder, 'tpm') } },
    policy: { folder: path.join(folder, 'policy.d') },
    audit: { path: path.join(folder, 'audit.jsonl') },
    log: { path: path.join(folder, 'tbsd.log') },
  };
}

async function untilConnected(socket, child) {
  while (child.exitCode === null) {
    const connection = await new Promise((resolve) => {
      const attempt = connect(socket, () => resolve(attempt));
      attempt.once('error', () => resolve(undefined));
    });
    if (connection !== undefined) return connection;
    await wait(1);
  }
  throw new Error(`tbsd ended with ${child.exitCode}`);
}

/** TPM2_GetRandom, through the JSON-RPC endpoint. */
function firstAnswer(connection) {
  return new Promise((resolve, reject) => {
    let text = '';
    connection.setEncoding('utf8').on('data', (data) => {
      text += data;
      if (!text.includes('"id":1')) return;
      connection.destroy();
      if (text.includes('"error"')) reject(new Error(text));
      else resolve();
    });
    connection.on('error', reject);
    const command = Buffer.from('80010000000c0000017b0010', 'hex').toString('base64');
    send(connection, 1, 'command/submit', { command });
  });
}

function send(connection, id, method, params) {
  const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
  connection.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function median(values) {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)];
}
