// Finds out which packages of the operating system the project needs, and installs them if possible.
//   node tools/system-packages.mjs [start|test]     installs or lists missing packages
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

/** Debian packages; with `program`, that program on PATH is enough. */
const NEEDED = {
  start: [
    { package: 'swtpm', program: 'swtpm' },
    { package: 'g++', program: 'g++' },
    { package: 'make', program: 'make' },
    { package: 'python3', program: 'python3' },
  ],
  test: [
    { package: 'tpm2-tools', program: 'tpm2_getrandom' },
    { package: 'tpm2-abrmd', program: 'tpm2-abrmd' },
    { package: 'libtss2-tcti-swtpm0', debian: true },
    { package: 'libtss2-tcti-mssim0', debian: true },
    { package: 'libtss2-tcti-device0', debian: true },
    { package: 'libtss2-tcti-tabrmd0', debian: true },
    { package: 'libtss2-dev', debian: true },
    { package: 'clevis-tpm2', program: 'clevis-encrypt-tpm2' },
    { package: 'clevis-luks', program: 'clevis-luks-bind' },
    { package: 'cryptsetup-bin', program: 'cryptsetup' },
    { package: 'libtpm2-pkcs11-tools', program: 'tpm2_ptool' },
    { package: 'libtss2-fapi1', debian: true },
    { package: 'trousers', program: 'tcsd' },
    { package: 'tpm-tools', program: 'tpm_version' },
    { package: 'socat', program: 'socat' },
    { package: 'dbus', program: 'dbus-daemon' },
    { package: 'systemd', program: 'systemd-inhibit' },
    { package: 'python3-dbus', debian: true },
    { package: 'python3-gi', debian: true },
    { package: 'cmake', program: 'cmake' },
    { package: 'pkg-config', program: 'pkg-config' },
    { package: 'valgrind', program: 'valgrind' },
    { package: 'openssl', program: 'openssl' },
    { package: 'samba', program: 'samba' },
    { package: 'samba-ad-provision', debian: true },
    { package: 'samba-dsdb-modules', debian: true },
    { package: 'samba-vfs-modules', debian: true },
    { package: 'libgssapi-krb5-2', debian: true },
    { package: 'ldb-tools', program: 'ldbmodify' },
    { package: 'python3-samba', debian: true },
    { package: 'libxml2-utils', program: 'xmllint' },
    { package: 'winbind', program: 'winbindd' },
    { package: 'iproute2', program: 'ip' },
    { package: 'mono-devel', debian: true },
    { package: 'ansible-core', program: 'ansible-playbook' },
    { package: 'python3-apt', debian: true },
    { package: 'openssh-client', program: 'ssh' },
    { package: 'openssh-server', program: 'sshd' },
    { package: 'prometheus', program: 'prometheus' },
  ],
  machine: [
    { package: 'swtpm', program: 'swtpm' },
    { package: 'qemu-system-x86', program: 'qemu-system-x86_64' },
    { package: 'ovmf', debian: true },
    { package: 'debootstrap', program: 'debootstrap' },
    { package: 'e2fsprogs', program: 'mkfs.ext4' },
  ],
};

const PROGRAM_FOLDERS = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/local/sbin'];

function hasProgram(name) {
  return PROGRAM_FOLDERS.some((folder) => folder !== '' && existsSync(`${folder}/${name}`));
}

/** A placeholder of dpkg-query. */
const STATUS_FORMAT = '$' + '{db:Status-Status}';

function hasDebianPackage(name) {
  const asked = spawnSync('dpkg-query', ['-W', '-f', STATUS_FORMAT, name], { encoding: 'utf8' });
  return asked.status === 0 && asked.stdout === 'installed';
}

/** @param {'start' | 'test' | 'machine'} purpose @returns {string[]} names of Debian packages */
export function missingPackages(purpose) {
  const wanted = purpose === 'test' ? [...NEEDED.start, ...NEEDED.test] : NEEDED[purpose];
  return wanted
    .filter(({ program, package: name }) => (program === undefined ? !hasDebianPackage(name) : !hasProgram(program)))
    .map(({ package: name }) => name);
}

/** Installs missing packages with apt if permitted; otherwise throws an error that contains the command to run. */
export async function installPackages(purpose, { onProgress = () => {} } = {}) {
  const missing = missingPackages(purpose);
  if (missing.length === 0) return;
  const line = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !hasProgram('apt-get')) {
    const how = hasProgram('apt-get')
      ? `run: sudo ${line}`
      : `install: ${missing.join(', ')} (names of Debian's packages)`;
    throw new Error(`packages of the operating system are missing; ${how}`);
  }
  onProgress(`installing ${missing.join(', ')} (apt)`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // The package list may be old or missing, so refresh it, but only if something has to be installed.
  await run('apt-get', ['update', '-qq'], env);
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], env);
  const still = missingPackages(purpose);
  if (still.length > 0) throw new Error(`apt installed what it could, and ${still.join(', ')} is still missing`);
}

function run(program, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code}:\n${output.slice(-4000)}`));
    });
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await installPackages(process.argv[2] === 'test' ? 'test' : 'start', {
      onProgress: (message) => console.log(message),
    });
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
