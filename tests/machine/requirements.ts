import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { newestPackages } from './packages-medium.js';

/** Programs and files of the host, and the Debian packages that bring them. */
const PROGRAMS = [
  ['qemu-system-x86_64', 'qemu-system-x86'],
  ['swtpm', 'swtpm'],
  ['debootstrap', 'debootstrap'],
  ['mkfs.ext4', 'e2fsprogs'],
  ['dpkg-deb', 'dpkg'],
  ['cc', 'gcc'],
  ['pkg-config', 'pkg-config'],
] as const;
const FIRMWARE = '/usr/share/OVMF/OVMF_CODE_4M.fd';

/** Tells why this host cannot run the machines; undefined if it can. */
export function reasonToSkip(root: string): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'the guest is built for Linux on x86-64';
  if (process.getuid?.() !== 0) return 'building the image of the guest needs root';
  for (const [program, debianPackage] of PROGRAMS) {
    if (!isOnPath(program)) return `${program} is not installed (Debian: ${debianPackage})`;
  }
  if (!existsSync(FIRMWARE)) return `there is no ${FIRMWARE} (Debian: ovmf)`;
  if (newestPackages(path.join(root, 'dist')).length === 0) {
    return 'there are no packages in dist: run `npm run package -- --snapshot` first';
  }
  return undefined;
}

function isOnPath(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}
