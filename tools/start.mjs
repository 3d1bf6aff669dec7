// npm start [-- --tpm 1.2]: sets everything up, starts a software TPM and the broker, and runs examples/tour.ps1 in
// PowerShell. On a terminal the prompt stays open afterwards.
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { step } from './progress.mjs';
import { root, setUp } from './setup.mjs';

const USAGE = 'npm start [-- --tpm 2.0|1.2]';
const READY_TIMEOUT_MS = 30_000;

function tpmVersionFromArguments() {
  const { values } = parseArgs({ options: { tpm: { type: 'string', default: '2.0' }, help: { type: 'boolean' } } });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  if (values.tpm !== '2.0' && values.tpm !== '1.2') throw new Error(`--tpm is 2.0 or 1.2; usage: ${USAGE}`);
  return values.tpm;
}

/** A folder for one tour: other users must get through to the sockets, and see nothing else. */
function makeTourFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'tpmtbs-tour-'));
  chmodSync(folder, 0o711);
  mkdirSync(path.join(folder, 'run'), { mode: 0o755 });
  mkdirSync(path.join(folder, 'state'), { mode: 0o700 });
  mkdirSync(path.join(folder, 'policy.d'), { mode: 0o755 });
  return folder;
}

function writeConfiguration(folder, tpmVersion) {
  const file = path.join(folder, 'tbsd.json');
  const configuration = {
    stateFolder: path.join(folder, 'state'),
    sockets: { rpc: path.join(folder, 'run', 'rpc.sock'), wire: path.join(folder, 'run', 'wire.sock') },
    transport: { kind: 'embedded', embedded: { stateFolder: path.join(folder, 'state', 'tpm'), tpmVersion } },
    policy: { folder: path.join(folder, 'policy.d') },
    audit: { path: path.join(folder, 'state', 'audit.jsonl') },
    log: { path: path.join(folder, 'state', 'tbsd.log') },
  };
  writeFileSync(file, JSON.stringify(configuration, null, 2), { mode: 0o600 });
  return { file, configuration };
}

async function startBroker(folder, tpmVersion) {
  const { file, configuration } = writeConfiguration(folder, tpmVersion);
  const child = spawn(process.execPath, [path.join(root, 'bin', 'tbsd.js'), '--config', file], {
    stdio: ['ignore', 'inherit', 'pipe'],
    // Ctrl+C on the terminal is for PowerShell; the broker is stopped afterwards.
    detached: true,
  });
  let problems = '';
  child.stderr.on('data', (data) => (problems += data));
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
  const { connect } = await import('node:net');
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    const ready = await new Promise((resolve) => {
      const probe = connect(configuration.sockets.rpc, () => resolve(true)).on('error', () => resolve(false));
      probe.on('close', () => undefined);
      probe.on('connect', () => probe.destroy());
    });
    if (ready) return { child, ended, socket: configuration.sockets.rpc };
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill();
      throw new Error(`the broker did not start:\n${problems}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function runTour(shell, socket) {
  const interactive = process.stdin.isTTY && process.stdout.isTTY;
  const args = ['-NoLogo', '-NoProfile', ...(interactive ? ['-NoExit'] : ['-NonInteractive'])];
  const child = spawn(shell.path, [...args, '-File', path.join(root, 'examples', 'tour.ps1')], {
    stdio: 'inherit',
    env: { ...process.env, TPMTBS_SOCKET: socket, TPMTBS_NODE: process.execPath },
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal === null ? code : 1));
  });
}

async function main() {
  const tpmVersion = tpmVersionFromArguments();
  const shell = await setUp('start');
  const folder = makeTourFolder();
  let broker;
  try {
    broker = await step(`software TPM ${tpmVersion} and broker`, () => startBroker(folder, tpmVersion));
    if (tpmVersion === '1.2') {
      const { ownTpm12 } = await import('./own-tpm12.mjs');
      await step('an owner for the TPM 1.2', () => ownTpm12(broker.socket));
    }
    process.on('SIGINT', () => undefined);
    return await runTour(shell, broker.socket);
  } finally {
    if (broker !== undefined) {
      broker.child.kill('SIGTERM');
      await broker.ended;
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
