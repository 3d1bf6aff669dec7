// Installs, uses, upgrades, removes and purges the Debian packages in a chroot, as a new user would.
//   node packaging/test-packages.mjs [--release trixie] [--chroot FOLDER]     after `npm run package`
// --release: the release of Debian, bookworm unless named. --chroot: an existing debootstrap, which the tests change.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { values: options } = parseArgs({
  options: { chroot: { type: 'string' }, release: { type: 'string', default: 'bookworm' } },
});
const CONFIGURATION = {
  transport: { kind: 'swtpm', swtpm: { data: 'unix:/tmp/tpm/tpm.sock', control: 'unix:/tmp/tpm/control.sock' } },
  // Below the limit of a new swtpm, so that the broker does not warn about it.
  policy: { settings: { standardUserAuthorizationFailureTotalThreshold: 2 } },
  power: { logind: false },
};
/** With the capability of the unit, which lets the broker read root's tbsd.json of mode 0600. */
const AS_SERVICE = [
  ...['setpriv', '--reuid=tpmtbs', '--regid=tpmtbs', '--clear-groups'],
  ...['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search', 'tbsd', '--system'],
];
const ABRMD_MASK = 'etc/systemd/system/tpm2-abrmd.service';

const PACKAGES = ['tpmtbs-node_', 'tpmtbs_', 'libtpmtbs0_', 'libtss2-tcti-tbs0_', 'libtpmtbs-dev_'];
/** dpkg omits manual pages in a minimal chroot only if it is configured to. */
const PLACES = [
  ...['man1/tbs.1.gz', 'man8/tbsd.8.gz', 'man5/tbsd.json.5.gz', 'man5/policy.5.gz', 'man3/tbs.3.gz'].map(
    (page) => `usr/share/man/${page}`,
  ),
  'usr/share/bash-completion/completions/tbs',
  'usr/share/zsh/vendor-completions/_tbs',
  'usr/include/tpmtbs/tbs.h',
];

const missing = whatIsMissing();
if (missing !== undefined) {
  console.log(`skipped: ${missing}\n0 passed, 0 failed`);
  process.exit(0);
}

const scratch = mkdtempSync(path.join(tmpdir(), 'tpmtbs-packages-'));
const machine = options.chroot ?? path.join(scratch, 'machine');
const inMachine = (place) => path.join(machine, place);
const running = [];
const counts = { passed: 0, failed: 0 };
try {
  if (options.chroot === undefined) {
    execFileSync('debootstrap', ['--variant=minbase', options.release, machine], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  await testAll();
} finally {
  for (const each of running) each.kill('SIGTERM');
  await Promise.all(running.map((each) => each.exitCode ?? new Promise((resolve) => each.once('exit', resolve))));
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;

async function testAll() {
  const packages = newestPackages();
  for (const file of packages) cpSync(file, inMachine(`tmp/${path.basename(file)}`));
  const install = ['dpkg', '-i', ...packages.map((file) => `/tmp/${path.basename(file)}`)];
  await check('is installed, and says what it found', () => {
    const { stdout } = run(...install);
    if (!existsSync('/dev/tpm0')) expect(stdout, /no \/dev\/tpm0/);
  });
  await check('has what administrators of a domain deploy, and the administrative template alone in its folder', () => {
    for (const name of ['samba/gp_tbs_ext.py', 'admx/fr-FR/tpmtbs.adml'])
      statSync(inMachine(`usr/share/tpmtbs/${name}`));
    for (const name of ['login.ps1', 'startup.ps1']) statSync(inMachine(`usr/share/doc/tpmtbs/examples/${name}`));
    expect(readdirSync(inMachine('usr/share/tpmtbs/admx')).sort().join(), /^en-US,fr-FR,tpmtbs\.admx$/);
  });
  await check('starts from the code cache that the installation wrote', () => {
    for (const name of ['tbs', 'tbsd']) statSync(inMachine(`usr/lib/tpmtbs/cache/${name}`));
    expect(run('tbs', '--version').stdout, /^\d+\.\d+\.\d+\n$/);
    expect(run('tbs', '--help').stdout, /tbs status/);
  });
  writeFileSync(inMachine('etc/tpmtbs/tbsd.json'), JSON.stringify(CONFIGURATION), { mode: 0o600 });
  await startSwtpm();
  await check('has its manual pages, completions and, as packages of their own, the C libraries', () => {
    for (const place of PLACES) statSync(inMachine(place));
    expect(run('ldconfig', '-p').stdout, /libtbs\.so\.0 /);
  });
  await check('serves commands of a TPM', async () => {
    await withBroker(() => {
      expect(run('tbs', 'status').stdout, /TPM\t2\.0/);
      expect(run('tbs', 'submit', '80010000000c0000017b0008').stdout, /TPM_RC_SUCCESS/);
      run('tbs', 'block', 'add', 'TPM2_Hash');
    });
  });
  await check('keeps state and configuration over an upgrade', async () => {
    run('env', 'DEBIAN_FRONTEND=noninteractive', ...install);
    await withBroker(() => expect(run('tbs', 'block', 'list', '--blocked').stdout, /TPM2_Hash\b/));
  });
  await check('refuses to replace a version whose state it would not read, and leaves that version alone', async () => {
    const format = inMachine('var/lib/tpmtbs/state-format');
    const own = readFileSync(format, 'utf8');
    expect(own, /^\d+ \d+\.\d+\.\d+\n$/);
    writeFileSync(format, '99 9.9.9\n');
    const { status, stderr } = attempt(...install);
    writeFileSync(format, own);
    if (status === 0) throw new Error('dpkg installed an older version over the state of a later one');
    expect(
      stderr,
      /TpmTbs 9\.9\.9 wrote the state in \/var\/lib\/tpmtbs in format 99; this version knows formats up to 1\./,
    );
    expect(run('dpkg', '-s', 'tpmtbs').stdout, /^Status: install ok installed$/m);
    await withBroker(() => expect(run('tbs', 'block', 'list', '--blocked').stdout, /TPM2_Hash\b/));
  });
  await check('serves as the user of its service, with the state and the configuration that root wrote', async () => {
    run('chown', '-R', 'tpmtbs:tpmtbs', '/var/lib/tpmtbs', '/var/log/tpmtbs', '/run/tpmtbs', '/tmp/tpm');
    await withBroker(() => expect(run('tbs', 'block', 'list', '--blocked').stdout, /TPM2_Hash\b/), AS_SERVICE);
  });
  await check('keeps D-Bus from starting tpm2-abrmd', () => {
    expect(readlinkSync(inMachine(ABRMD_MASK)), /^\/dev\/null$/);
  });
  await check('leaves state and configuration when it is removed, and nothing else', () => {
    registerSambaExtension();
    run('dpkg', '-r', 'tpmtbs');
    expect(
      readFileSync(inMachine('tmp/unregistered'), 'utf8'),
      /^\/usr\/share\/tpmtbs\/samba\/gp_tbs_ext\.py unregister$/m,
    );
    for (const place of [
      'usr/lib/tpmtbs',
      'usr/share/tpmtbs',
      'usr/bin/tbs',
      'usr/share/powershell/Modules/TpmTbs',
      ABRMD_MASK,
    ])
      expectGone(place);
    for (const place of ['var/lib/tpmtbs', 'etc/tpmtbs/tbsd.json']) statSync(inMachine(place));
  });
  await check('leaves nothing when it is purged', () => {
    run('dpkg', '-P', ...PACKAGES.map((start) => start.slice(0, -1)).reverse());
    for (const place of ['var/lib/tpmtbs', 'etc/tpmtbs', 'usr/lib/tpmtbs-node']) expectGone(place);
  });
}

async function check(title, test) {
  try {
    await test();
    counts.passed++;
    console.log(`  ✔ ${title}`);
  } catch (error) {
    counts.failed++;
    console.log(`  ✘ ${title}\n    ${error.message}`);
  }
}

/** The chroot has no Samba; a stand-in for its Python records the calls of the removal. */
function registerSambaExtension() {
  const extension = '/usr/share/tpmtbs/samba/gp_tbs_ext.py';
  mkdirSync(inMachine('var/lib/samba'), { recursive: true });
  mkdirSync(inMachine('usr/share/tpmtbs/samba/__pycache__'));
  writeFileSync(
    inMachine('var/lib/samba/gpext.conf'),
    `[{6F1D9C56-2B0E-4C6B-9E0B-6D5A3C1F7B42}]\ndllname = ${extension}\n`,
  );
  writeFileSync(inMachine('usr/bin/python3'), '#!/bin/sh\necho "$@" >/tmp/unregistered\n', { mode: 0o755 });
}

/** Runs a program in the chroot. Throws if it fails. */
function run(...command) {
  const { status, stdout, stderr } = attempt(...command);
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${stdout}${stderr}`);
  return { stdout };
}

function attempt(...command) {
  return spawnSync('chroot', [machine, ...command], { encoding: 'utf8' });
}

async function withBroker(work, command = ['tbsd']) {
  const broker = spawn('chroot', [machine, ...command], { stdio: ['ignore', 'ignore', 'inherit'] });
  running.push(broker);
  await until(() => existsSync(inMachine('run/tpmtbs/rpc.sock')), broker);
  try {
    await work();
  } finally {
    broker.kill('SIGTERM');
    if (broker.exitCode === null) await new Promise((resolve) => broker.once('exit', resolve));
  }
}

async function startSwtpm() {
  const state = path.join(scratch, 'tpm-state');
  mkdirSync(state);
  mkdirSync(inMachine('tmp/tpm'), { recursive: true });
  const socket = (name) => `type=unixio,path=${inMachine(`tmp/tpm/${name}.sock`)}`;
  const args = [
    'socket',
    '--tpm2',
    '--tpmstate',
    `dir=${state}`,
    '--server',
    socket('tpm'),
    '--ctrl',
    socket('control'),
  ];
  const swtpm = spawn('swtpm', [...args, '--flags', 'not-need-init,startup-clear'], { stdio: 'inherit' });
  running.push(swtpm);
  await until(() => existsSync(inMachine('tmp/tpm/control.sock')), swtpm);
}

async function until(isDone, child) {
  for (let waitedMs = 0; !isDone(); waitedMs += 50) {
    if (child.exitCode !== null || waitedMs > 60_000) throw new Error(`${child.spawnfile} did not start`);
    await wait(50);
  }
}

function expect(text, pattern) {
  if (!pattern.test(text)) throw new Error(`${JSON.stringify(text)} does not match ${pattern}`);
}

function expectGone(place) {
  if (existsSync(inMachine(place))) throw new Error(`/${place} is still there`);
}

function newestPackages() {
  const folder = path.join(root, 'dist');
  return PACKAGES.map((start) => {
    const files = readdirSync(folder)
      .filter((name) => name.startsWith(start) && name.endsWith('_amd64.deb'))
      .map((name) => path.join(folder, name));
    return files.sort((left, right) => statSync(right).mtimeMs - statSync(left).mtimeMs)[0];
  });
}

function whatIsMissing() {
  if (process.getuid() !== 0) return 'a chroot needs root';
  for (const program of ['debootstrap', 'swtpm', 'dpkg-deb']) {
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) return `${program} is not installed`;
  }
  if (newestPackages().includes(undefined)) return 'there are no packages in dist: run `npm run package` first';
  return undefined;
}
