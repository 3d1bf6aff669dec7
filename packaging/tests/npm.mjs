// Installs the npm archive without running any script of any package, starts the installed broker, and uses the client
// library: as a program, and as a TypeScript compiler sees it.
//   node packaging/tests/npm.mjs      after `npm pack --pack-destination dist`
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {
  brokerIn,
  check,
  expect,
  finish,
  missingProgram,
  newestInDist,
  root,
  run,
  skipIf,
  stop,
  until,
} from './checks.mjs';

const PLATFORMS = ['linux-x64', 'linux-arm64', 'win32-x64'];
const RIGHT = `import { connect, type ResultOf } from 'tpmtbs';
const broker = await connect({ timeoutSeconds: 5 });
const health: 'works' | 'degraded' | 'down' = (await broker.status()).health;
const { response } = await broker.submit(new Uint8Array(12), { priority: 300 });
const bytes: Uint8Array = response;
for await (const { kind, message } of broker.events({ recent: 3 })) console.log(kind, message, health, bytes.length);
const lockout: ResultOf<'lockout/get'> = await broker.lockout.get();
console.log(lockout.users[0]?.userKey, (await broker.call('commandBlock/list', { tpmVersion: '2.0' })).commands.length);
`;
const WRONG = [
  "await broker.call('status/put');",
  "await broker.submit('80010000');",
  '(await broker.status()).healthy;',
];

const archive = newestInDist('tpmtbs-', '.tgz');
skipIf(
  missingProgram('npm', 'swtpm') ??
    (archive === undefined ? 'there is no archive in dist: run `npm pack --pack-destination dist` first' : undefined),
);

const scratch = mkdtempSync(path.join(tmpdir(), 'tpmtbs-npm-'));
const program = (name) => path.join(scratch, 'node_modules', '.bin', name);
const configuration = brokerIn(scratch);
let broker;
try {
  writeFileSync(path.join(scratch, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  await check('is installed with --ignore-scripts, with the addon for every platform', () => {
    const options = ['--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error'];
    run('npm', ['install', ...options, archive], { cwd: scratch });
    for (const platform of PLATFORMS) {
      const addon = path.join(scratch, 'node_modules/tpmtbs/native/addon/prebuilds', platform, 'tpmtbs-native.node');
      if (!existsSync(addon)) throw new Error(`${addon} is missing`);
    }
  });
  await check('its broker serves its command line', async () => {
    const file = path.join(scratch, 'tbsd.json');
    writeFileSync(file, JSON.stringify(configuration), { mode: 0o600 });
    broker = spawn(program('tbsd'), ['--config', file], { stdio: ['ignore', 'ignore', 'inherit'] });
    await until(() => existsSync(configuration.sockets.rpc), broker);
    expect(run(program('tbs'), ['status', '--socket', configuration.sockets.rpc]), /TPM\t2\.0/);
  });
  await check('its library serves the example', () => {
    run('cp', [path.join(root, 'examples/random-bytes.mjs'), scratch]);
    const env = { ...process.env, TPMTBS_SOCKET: configuration.sockets.rpc };
    expect(run(process.execPath, ['random-bytes.mjs'], { cwd: scratch, env }), /^TPM_RC_SUCCESS after/);
  });
  await check('its types are those of the protocol', () => {
    compile('right.ts', RIGHT);
    for (const [index, line] of WRONG.entries()) {
      const text = `import { connect } from 'tpmtbs';\nconst broker = await connect();\n${line}\n`;
      let isAccepted = true;
      try {
        compile(`wrong${index}.ts`, text);
      } catch {
        isAccepted = false;
      }
      if (isAccepted) throw new Error(`the compiler accepts ${line}`);
    }
  });
} finally {
  if (broker !== undefined) await stop(broker);
  rmSync(scratch, { recursive: true, force: true });
}
finish();

/** Compiles a program beside the installed package with the strictest checks, its types included. */
function compile(name, text) {
  writeFileSync(path.join(scratch, name), text);
  const compiler = [path.join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--target', 'ES2022'];
  const types = ['--typeRoots', path.join(root, 'node_modules/@types'), '--types', 'node'];
  const options = ['--module', 'NodeNext', '--lib', 'ES2023,ESNext.Disposable', ...types];
  run(process.execPath, [...compiler, ...options, name], { cwd: scratch });
}
