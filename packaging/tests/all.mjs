// Tests the packages in dist, each part in a separate process. The last line shows the counts.
//   npm run test:packages      after `npm run package`
import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const PARTS = [
  { title: 'in a chroot with Debian 12', file: '../test-packages.mjs' },
  { title: 'in a chroot with Debian 13', file: '../test-packages.mjs', args: ['--release', 'trixie'] },
  { title: 'for arm64, under qemu-user', file: 'arm64.mjs' },
  { title: 'for PowerShell', file: 'powershell.mjs' },
  { title: 'for npm', file: 'npm.mjs' },
];

let passed = 0;
let failed = 0;
for (const { title, file, args = [] } of PARTS) {
  console.log(title);
  const counts = await runPart(path.join(here, file), args);
  passed += counts.passed;
  failed += counts.failed;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function runPart(file, args) {
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
    process.stdout.write(text);
  });
  const status = await new Promise((resolve) => child.once('close', resolve));
  const counted = /(\d+) passed, (\d+) failed\n$/.exec(output);
  if (counted === null) return { passed: 0, failed: 1 };
  return { passed: Number(counted[1]), failed: Math.max(Number(counted[2]), status === 0 ? 0 : 1) };
}
