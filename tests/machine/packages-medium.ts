import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeFileSystem } from './guest-image.js';

/** In the order in which dpkg must unpack them. */
const PACKAGES = ['tpmtbs-node', 'tpmtbs', 'libtpmtbs0', 'libtss2-tcti-tbs0'];
const OLDER_VERSION = '0.0.1~machine';

/** Returns the newest file of each package for this architecture, or nothing if one is missing. */
export function newestPackages(dist: string): string[] {
  if (!existsSync(dist)) return [];
  const names = readdirSync(dist);
  const files = PACKAGES.map(
    (start) =>
      names
        .filter((name) => name.startsWith(`${start}_`) && name.endsWith('_amd64.deb'))
        .map((name) => path.join(dist, name))
        .sort((left, right) => statSync(right).mtimeMs - statSync(left).mtimeMs)[0],
  );
  return files.every((file) => file !== undefined) ? files : [];
}

/**
 * Writes a file system with the packages under test, each as NAME.deb, and with older.deb: the broker's package with a
 * lower version number, from which a run upgrades.
 */
export function packagesMedium(dist: string, scratch: string): string {
  const content = path.join(scratch, 'packages');
  rmSync(content, { recursive: true, force: true });
  mkdirSync(content);
  const files = newestPackages(dist);
  for (const [index, file] of files.entries()) cpSync(file, path.join(content, `${PACKAGES[index]}.deb`));
  const broker = path.join(content, 'tpmtbs.deb');
  repackAsOlder(broker, path.join(content, 'older.deb'), path.join(scratch, 'repacked'));
  const medium = path.join(scratch, 'packages.ext4');
  const bytes = readdirSync(content).reduce((sum, name) => sum + statSync(path.join(content, name)).size, 0);
  makeFileSystem(medium, content, Math.ceil(bytes / 1024 / 1024) + 16);
  return medium;
}

function repackAsOlder(source: string, target: string, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  execFileSync('dpkg-deb', ['-R', source, folder]);
  const control = path.join(folder, 'DEBIAN', 'control');
  writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*$/m, `Version: ${OLDER_VERSION}`));
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '-b', folder, target], { stdio: 'ignore' });
  rmSync(folder, { recursive: true });
}
