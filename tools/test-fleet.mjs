// npm run test:fleet: runs the tests of tests/e2e/fleet on more machines than `npm test` does.
//   npm run test:fleet -- [--machines 20] [FILE …]      FILE: ansible, remoting, …
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { root, setUp } from './setup.mjs';

const { values, positionals } = parseArgs({
  options: { machines: { type: 'string', default: '20' } },
  allowPositionals: true,
});
await setUp('test');
const folder = path.join(root, 'build', 'tests', 'e2e', 'fleet');
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.test.js'))
  .filter((name) => positionals.length === 0 || positionals.includes(name.replace('.test.js', '')))
  .map((name) => path.join(folder, name));
const mocha = path.join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
const { status } = spawnSync(process.execPath, [mocha, '--exit', ...files], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, TPMTBS_FLEET_MACHINES: values.machines },
});
process.exitCode = status ?? 1;
