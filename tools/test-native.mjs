// Tests the C libraries: builds them, runs ctest, and counts how many tests passed.
//   node tools/test-native.mjs [--json counts.json]
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { failuresOfCtest } from './failed-tests.mjs';
import { buildNativeClients } from './native-clients.mjs';

const { values } = parseArgs({ options: { json: { type: 'string' } } });

function runCtest(buildDir) {
  const child = spawn('ctest', ['--test-dir', buildDir, '--output-on-failure', '--no-tests=error'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
    process.stdout.write(chunk);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output }));
  });
}

const buildDir = await buildNativeClients({ onProgress: (line) => console.log(line) });
const { status, output } = await runCtest(buildDir);
const summary = /(\d+) tests failed out of (\d+)/.exec(output);
if (summary !== null && values.json !== undefined) {
  const failed = Number(summary[1]);
  const counts = { passed: Number(summary[2]) - failed, failed, skipped: 0, failures: failuresOfCtest(output) };
  writeFileSync(values.json, JSON.stringify(counts));
}
process.exitCode = status === 0 ? 0 : 1;
