// Functions that the package tests share: they count checks and find the newest packages in dist.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

const counts = { passed: 0, failed: 0 };

export async function check(title, test) {
  try {
    await test();
    counts.passed++;
    console.log(`  ✔ ${title}`);
  } catch (error) {
    counts.failed++;
    console.log(`  ✘ ${title}\n    ${error.message}`);
  }
}

/** Prints the counts and sets the exit code. */
export function finish() {
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  process.exitCode = counts.failed === 0 ? 0 : 1;
}

/** Ends the process if something is missing; `reason` is undefined if nothing is. */
export function skipIf(reason) {
  if (reason === undefined) return;
  console.log(`skipped: ${reason}\n0 passed, 0 failed`);
  process.exit(0);
}

/** Returns the first program that is not on the PATH, as a reason to skip. */
export function missingProgram(...programs) {
  const missing = programs.find((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0);
  return missing === undefined ? undefined : `${missing} is not installed`;
}

/** Returns the newest file in dist whose name begins and ends like this; undefined if there is none. */
export function newestInDist(start, end) {
  const folder = path.join(root, 'dist');
  if (!existsSync(folder)) return undefined;
  const files = readdirSync(folder)
    .filter((name) => name.startsWith(start) && name.endsWith(end))
    .map((name) => path.join(folder, name));
  return files.sort((left, right) => statSync(right).mtimeMs - statSync(left).mtimeMs)[0];
}

/** Runs a program and returns its output. Throws with its messages if it fails. */
export function run(program, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', ...options });
  if (status !== 0)
    throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${error ?? ''}${stdout}${stderr}`);
  return stdout;
}

export function expect(text, pattern) {
  if (!pattern.test(text)) throw new Error(`${JSON.stringify(text)} does not match ${pattern}`);
}

/** Waits until `find` returns something, or the child has ended. */
export async function until(isDone, child) {
  for (let waitedMs = 0; !isDone(); waitedMs += 50) {
    if (child.exitCode !== null || waitedMs > 60_000) throw new Error(`${child.spawnargs.join(' ')} did not start`);
    await wait(50);
  }
}

export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

/** The configuration of a broker whose files are all in `folder`, with a software TPM of its own. */
export function brokerIn(folder) {
  return {
    stateFolder: path.join(folder, 'state'),
    sockets: { rpc: path.join(folder, 'rpc.sock'), wire: path.join(folder, 'wire.sock') },
    transport: { kind: 'embedded', embedded: { stateFolder: path.join(folder, 'tpm') } },
    policy: { folder: path.join(folder, 'policy.d') },
    audit: { path: path.join(folder, 'audit.jsonl') },
    power: { logind: false },
  };
}
