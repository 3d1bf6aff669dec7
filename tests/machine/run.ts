// Installs the packages in dist/ in virtual machines with a kernel TPM, systemd and firmware, and uses them there.
//   npm run test:machine [-- --run A] [--json FILE] [--keep FOLDER]     after `npm run package -- --snapshot`
// --run: only this run (A, B, C, D or E; may be repeated). --keep: leaves consoles, logs and the guest's journal there.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type GuestImage, guestImage } from './guest-image.js';
import { packagesMedium } from './packages-medium.js';
import { reasonToSkip } from './requirements.js';
import type { MachineRun } from './runs/machine-run.js';
import { noTpm } from './runs/no-tpm.js';
import { tpm12 } from './runs/tpm12.js';
import { tpm20, tpm20Life, tpm20Service } from './runs/tpm20.js';
import { Report, type Step } from './steps.js';
import { TooLate } from './time-limit.js';
import { VirtualMachine } from './virtual-machine.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const RUNS: Readonly<Record<string, MachineRun>> = { A: tpm20, B: tpm12, C: noTpm, D: tpm20Life, E: tpm20Service };

const { values: options } = parseArgs({
  options: {
    run: { type: 'string', multiple: true, default: Object.keys(RUNS) },
    json: { type: 'string' },
    keep: { type: 'string' },
  },
});

const report = new Report((line) => console.log(line));
const image = reasonToSkip(root) ?? builtImage();
const skipped = typeof image === 'string' ? image : undefined;
if (typeof image === 'string') console.log(`skipped: ${image}`);
else await runAll(image);
const { passed, failed, failures } = report.counts;
if (options.json !== undefined) {
  const counts = { passed, failed, skipped: skipped === undefined ? 0 : 1, failures };
  writeFileSync(options.json, JSON.stringify(counts));
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Returns the image of the guest, or the reason why this host cannot build it, which is not a failure of the packages. */
function builtImage(): GuestImage | string {
  try {
    return guestImage(path.join(root, '.cache', 'machine'), (message) => console.log(message));
  } catch (error) {
    return `the image of the guest cannot be built: ${(error as Error).message}`;
  }
}

async function runAll(image: GuestImage): Promise<void> {
  const scratch = options.keep ?? mkdtempSync(path.join(tmpdir(), 'machine-'));
  mkdirSync(scratch, { recursive: true });
  try {
    const packages = packagesMedium(root, scratch);
    for (const name of options.run) {
      const run = RUNS[name];
      if (run === undefined) throw new Error(`--run is one of ${Object.keys(RUNS).join(', ')}`);
      await runOne(name, run, { image, packages, folder: path.join(scratch, name) });
    }
  } finally {
    if (options.keep === undefined) rmSync(scratch, { recursive: true, force: true });
  }
}

async function runOne(
  name: string,
  { title, parts, steps }: MachineRun,
  files: Parameters<typeof VirtualMachine.start>[1],
): Promise<void> {
  report.heading(`Run ${name}: ${title}`);
  let machine: VirtualMachine | undefined;
  try {
    await report.step(name, 'the machine starts', async () => {
      machine = await VirtualMachine.start(parts, files);
    });
    if (machine !== undefined) await prove(name, steps, machine);
  } finally {
    if (options.keep !== undefined && machine !== undefined) await keepJournal(machine, files.folder);
    await machine?.stop();
  }
}

/** Runs the steps in order. A step that does not end may still use the machine, so no other step runs after it. */
async function prove(run: string, steps: readonly Step[], machine: VirtualMachine): Promise<void> {
  let endless: string | undefined;
  for (const { title, prove: act, seconds } of steps) {
    if (endless !== undefined) {
      report.fail(run, title, `not tried, since a step before it did not end: ${endless}`);
      continue;
    }
    const failure = await report.step(run, title, () => machine.untilDone(act(machine, report), seconds));
    if (failure instanceof TooLate) endless = title;
  }
}

async function keepJournal(machine: VirtualMachine, folder: string): Promise<void> {
  try {
    const { stdout } = await machine.attempt('journalctl --no-pager');
    writeFileSync(path.join(folder, 'journal.log'), stdout);
  } catch (error) {
    console.log(`    the guest's journal is lost: ${(error as Error).message}`);
  }
}
