import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface GuestImage {
  readonly kernel: string;
  readonly initrd: string;
  /** A raw ext4 file system. */
  readonly root: string;
}

/** The programs that building the image needs on the host: Debian package, program. */
export const BUILD_PROGRAMS = { debootstrap: 'debootstrap', e2fsprogs: 'mkfs.ext4' };

const RELEASE = 'bookworm';
const GUEST_PACKAGES = [
  ...['systemd', 'systemd-sysv', 'udev', 'dbus', 'libpam-systemd', 'procps', 'kmod', 'acl', 'python3-minimal'],
  ...['linux-image-cloud-amd64', 'initramfs-tools', 'qemu-guest-agent'],
  ...['tpm-udev', 'tpm2-tools', 'tpm2-abrmd', 'libtss2-tcti-device0', 'libtss2-tcti-tabrmd0', 'trousers', 'tpm-tools'],
  ...['libstdc++6', 'libgssapi-krb5-2', 'libicu72', 'polkitd', 'cryptsetup-bin'],
];
const BOOT_MODULES = ['virtio_pci', 'virtio_blk', 'virtio_console', 'ext4'];
/** All are ordinary users. tpm-udev's rule would give tara access to /dev/tpmrm0. */
const USERS = ['alice', 'bob', 'tara -G tss'];
const FILES = {
  'etc/hostname': 'machine\n',
  // tpm_version looks for tcsd at "localhost".
  'etc/hosts': '127.0.0.1 localhost machine\n::1 localhost\n',
  'etc/fstab': '/dev/vda / ext4 rw,noatime 0 0\n/dev/vdb /media/packages ext4 ro,nofail 0 0\n',
  'etc/initramfs-tools/modules': `${BOOT_MODULES.join('\n')}\n`,
  'etc/initramfs-tools/conf.d/modules': 'MODULES=list\nCOMPRESS=gzip\n',
};
const NOT_STARTED = [
  'tcsd.service',
  'tpm2-abrmd.service',
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'e2scrub_all.timer',
];
const SIZE_MB = 1800;
/** Downloading and unpacking the packages takes a minute on an idle host. */
const LONGEST_MS = 1_800_000;

/**
 * Returns the image with Debian, PowerShell and users, but without the packages under test. It is built once for each
 * hash of its inputs: this file, and the versions of PowerShell and .NET.
 */
export function guestImage(cache: string, report: (message: string) => void): GuestImage {
  const powerShell = powerShellOfHost();
  const folder = path.join(cache, hashOf(powerShell));
  if (!existsSync(folder)) {
    report(`building the image of the guest (${path.basename(folder)})`);
    const draft = path.join(cache, 'draft');
    rmSync(cache, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true });
    build(draft, powerShell);
    renameSync(draft, folder);
  }
  const at = (name: string) => path.join(folder, name);
  return { kernel: at('kernel'), initrd: at('initrd'), root: at('root.ext4') };
}

function build(draft: string, powerShell: PowerShellParts): void {
  const tree = path.join(draft, 'tree');
  bootstrap(tree);
  for (const [file, text] of Object.entries(FILES)) {
    mkdirSync(path.dirname(path.join(tree, file)), { recursive: true });
    writeFileSync(path.join(tree, file), text);
  }
  mkdirSync(path.join(tree, 'media/packages'), { recursive: true });
  const inTree = (...command: string[]) => run('chroot', [tree, ...command]);
  inTree('passwd', '--delete', 'root');
  for (const user of USERS) inTree('sh', '-c', `useradd -m ${user}`);
  for (const unit of NOT_STARTED) spawnSync('systemctl', [`--root=${tree}`, 'disable', unit]);
  inTree('update-initramfs', '-u', '-k', 'all');
  cpSync(powerShell.home, path.join(tree, 'opt/microsoft/powershell/7'), { recursive: true, dereference: true });
  for (const part of powerShell.runtime) {
    cpSync(path.join(powerShell.dotnet, part), path.join(tree, 'usr/share/dotnet', part), { recursive: true });
  }
  // NuGet's files are for their owner alone, but Microsoft's package has them for everybody.
  inTree('chmod', '--recursive', 'a+rX', '/opt/microsoft/powershell/7');
  inTree('ln', '-s', '/opt/microsoft/powershell/7/pwsh', '/usr/bin/pwsh');
  for (const part of ['var/cache/apt/archives', 'var/lib/apt/lists', 'usr/share/locale']) {
    rmSync(path.join(tree, part), { recursive: true, force: true });
  }
  const boot = path.join(tree, 'boot');
  for (const [start, name] of [
    ['vmlinuz-', 'kernel'],
    ['initrd.img-', 'initrd'],
  ] as const) {
    const file = readdirSync(boot).find((each) => each.startsWith(start));
    if (file === undefined) throw new Error(`the guest has no ${start}* in /boot`);
    cpSync(path.join(boot, file), path.join(draft, name));
  }
  makeFileSystem(path.join(draft, 'root.ext4'), tree, SIZE_MB);
  rmSync(tree, { recursive: true });
}

/** Writes the content of a folder as an ext4 file system, without mounting anything. */
export function makeFileSystem(file: string, content: string, sizeMegabytes: number): void {
  rmSync(file, { force: true });
  writeFileSync(file, '');
  truncateSync(file, sizeMegabytes * 1024 * 1024);
  run('mkfs.ext4', ['-q', '-F', '-d', content, '-O', '^has_journal', '-m', '0', file]);
}

function bootstrap(tree: string): void {
  run('debootstrap', ['--variant=minbase', `--include=${GUEST_PACKAGES.join(',')}`, RELEASE, tree]);
}

interface PowerShellParts {
  /** The folder of pwsh. */
  readonly home: string;
  /** The folder of .NET, and the parts of it that pwsh needs; none if pwsh includes its own. */
  readonly dotnet: string;
  readonly runtime: readonly string[];
}

/** Finds the PowerShell that this project uses for its own tests. */
function powerShellOfHost(): PowerShellParts {
  const question = '$PSHOME; [Runtime.InteropServices.RuntimeEnvironment]::GetRuntimeDirectory()';
  const tool = path.join(root, 'tools', 'pwsh.mjs');
  const answer = execFileSync(process.execPath, [tool, '-NoProfile', '-Command', question], {
    encoding: 'utf8',
    timeout: LONGEST_MS,
  });
  const [home = '', runtime = ''] = answer
    .trim()
    .split('\n')
    .map((line) => path.resolve(line));
  if (runtime === home) return { home, dotnet: home, runtime: [] };
  const dotnet = path.resolve(runtime, '../../..');
  const version = path.basename(runtime);
  return { home, dotnet, runtime: [`shared/Microsoft.NETCore.App/${version}`, `host/fxr/${version}`] };
}

function hashOf({ home, runtime }: PowerShellParts): string {
  const own = fileURLToPath(import.meta.url);
  const parts = [readFileSync(own, 'utf8'), home, ...runtime];
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16);
}

function run(program: string, args: string[]): void {
  execFileSync(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
    timeout: LONGEST_MS,
  });
}
