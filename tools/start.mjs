// npm start [-- --tpm 1.2]: sets everything up, starts a software TPM and the broker, and runs examples/tour.ps1 in
// PowerShell. On a terminal, the prompt stays open afterwards.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { PrivateBroker } from './private-broker.mjs';
import { step } from './progress.mjs';
import { root, setUp } from './setup.mjs';

const USAGE = 'npm start [-- --tpm 2.0|1.2]';

function tpmVersionFromArguments() {
  const { values } = parseArgs({ options: { tpm: { type: 'string', default: '2.0' }, help: { type: 'boolean' } } });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  if (values.tpm !== '2.0' && values.tpm !== '1.2') throw new Error(`--tpm is 2.0 or 1.2; usage: ${USAGE}`);
  return values.tpm;
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
  const folder = mkdtempSync(path.join(tmpdir(), 'tpmtbs-tour-'));
  const broker = new PrivateBroker(folder);
  try {
    const embedded = { stateFolder: path.join(folder, 'state', 'tpm'), tpmVersion };
    const settings = { transport: { kind: 'embedded', embedded } };
    await step(`software TPM ${tpmVersion} and broker`, () => broker.start(settings));
    if (tpmVersion === '1.2') {
      const { ownTpm12 } = await import('./own-tpm12.mjs');
      await step('an owner for the TPM 1.2', () => ownTpm12(broker.rpcSocket));
    }
    process.on('SIGINT', () => undefined);
    return await runTour(shell, broker.rpcSocket);
  } finally {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
