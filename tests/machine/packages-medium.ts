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
 * lower version number, from which a run upgrades. Beside them lies tcti-bench, a client that works with several keys.
 */
export function packagesMedium(repository: string, scratch: string): string {
  const dist = path.join(repository, 'dist');
  const content = path.join(scratch, 'packages');
  rmSync(content, { recursive: true, force: true });
  mkdirSync(content);
  const files = newestPackages(dist);
  for (const [index, file] of files.entries()) cpSync(file, path.join(content, `${PACKAGES[index]}.deb`));
  const broker = path.join(content, 'tpmtbs.deb');
  repackAsOlder(broker, path.join(content, 'older.deb'), path.join(scratch, 'repacked'));
  compileBench(path.join(repository, 'bench/native/tcti_bench.c'), path.join(content, 'tcti-bench'));
  const medium = path.join(scratch, 'packages.ext4');
  const bytes = readdirSync(content).reduce((sum, name) => sum + statSync(path.join(content, name)).size, 0);
  makeFileSystem(medium, content, Math.ceil(bytes / 1024 / 1024) + 16);
  return medium;
}

function compileBench(source: string, target: string): void {
  const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'tss2-tctildr'], { encoding: 'utf8' });
  execFileSync('cc', ['-O2', '-o', target, source, ...flags.trim().split(/\s+/)]);
}

function repackAsOlder(source: string, target: string, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  execFileSync('dpkg-deb', ['-R', source, folder]);
  const control = path.join(folder, 'DEBIAN', 'control');
  writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*$/m, `Version: ${OLDER_VERSION}`));
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '-b', folder, target], { stdio: 'ignore' });
  rmSync(folder, { recursive: true });
}
