// Tests the module's client (module/tests, xunit) in the shipped assemblies: on .NET and, as .NET Framework 4.7.2, on
// Mono. Both connect to a broker with a software TPM.
//   node tools/test-client.mjs [--json counts.json]
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { withBuildLock } from './build-lock.mjs';
import { findSdk, runDotnet } from './dotnet.mjs';
import { failuresOfCtrf } from './failed-tests.mjs';
import { PrivateBroker } from './private-broker.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const folder = path.join(root, 'module', 'tests');
const { values } = parseArgs({ options: { json: { type: 'string' } } });

/** Returns the command that runs the tests on each framework, and what is missing for it, if anything. */
function runners(sdk) {
  const built = (framework, name) => path.join(folder, 'bin', 'Release', framework, name);
  const hasMono = spawnSync('mono', ['--version']).status === 0;
  return [
    {
      framework: 'net10.0',
      command: [sdk?.program, built('net10.0', 'TpmTbs.Tests.dll')],
      missing: !sdk && 'the .NET SDK',
    },
    {
      framework: 'net472',
      command: ['mono', built('net472', 'TpmTbs.Tests.exe')],
      missing: (!sdk && 'the .NET SDK') || (!hasMono && 'Mono (Debian: mono-devel)'),
    },
  ];
}

async function build(sdk) {
  await withBuildLock(path.join(folder, 'obj.lock'), () =>
    runDotnet(sdk, ['build', folder, '-c', 'Release', '-nologo', '-v', 'quiet']),
  );
}

/** Runs in the folder `cwd`, because Mono writes a file there if it crashes. */
function run([program, ...args], { cwd, env }) {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ?? code));
  });
}

/** Runs the tests on one framework and returns what its report counts. */
async function runTests({ framework, command }, scratch, socket) {
  const report = path.join(scratch, `${framework}.json`);
  const tests = [...command, '-noColor', '-noLogo', '-result-ctrf', report];
  const runOnce = () => run(tests, { cwd: scratch, env: { TPMTBS_TEST_BROKER: socket } });
  let status = await runOnce();
  // Mono 6.8 sometimes crashes in its own timers while xunit ends, after the last test and before the report.
  const hasCrashed = typeof status === 'string' || status >= 128;
  if (framework === 'net472' && hasCrashed && !existsSync(report)) {
    console.log(`${framework}: Mono crashed (${status}) before its report; the tests run once more`);
    status = await runOnce();
  }
  if (!existsSync(report)) {
    return {
      passed: 0,
      failed: 1,
      skipped: 0,
      failures: [{ name: framework, message: `ended with ${status} before its report` }],
    };
  }
  const { results } = JSON.parse(readFileSync(report, 'utf8').replace(/^\uFEFF/, ''));
  for (const test of results.tests.filter(({ status }) => status === 'skipped'))
    console.log(`skipped (${framework}): ${test.name}: ${test.message ?? ''}`);
  const { passed, failed, skipped } = results.summary;
  return { passed, failed, skipped, failures: failuresOfCtrf(results, framework) };
}

const sdk = findSdk();
const total = { passed: 0, failed: 0, skipped: 0, failures: [] };
const chosen = runners(sdk).filter(({ framework, missing }) => {
  if (!missing) return true;
  console.log(`skipped: the tests of the client on ${framework}, since ${missing} is not installed`);
  total.skipped += 1;
  return false;
});
const scratch = mkdtempSync(path.join(tmpdir(), 'tbs-client-'));
const broker = new PrivateBroker(scratch);
try {
  if (chosen.length > 0) {
    await build(sdk);
    const embedded = { stateFolder: path.join(scratch, 'state', 'tpm') };
    await broker.start({ transport: { kind: 'embedded', embedded }, power: { logind: false } });
  }
  for (const runner of chosen) {
    const counts = await runTests(runner, scratch, broker.rpcSocket);
    for (const key of ['passed', 'failed', 'skipped']) total[key] += counts[key];
    total.failures.push(...counts.failures);
  }
} finally {
  await broker.stop();
  rmSync(scratch, { recursive: true, force: true });
}
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(total));
process.exitCode = total.failed === 0 ? 0 : 1;
