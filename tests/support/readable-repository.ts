/**
 * The programs of the repository in a place where every user can run them. The repository itself may be in a folder
 * that only its owner may enter, such as root's home, or may have been cloned with a umask of 077.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { REPOSITORY } from './daemon.js';

const PROGRAMS = ['bin', 'build', 'examples', 'module', 'native/addon', 'package.json', 'TpmTbs.psd1'];

const copies = new Map<string, string>();

/** Returns the root of a copy with all that programs, cmdlets and examples need to run; copies once in a test run. */
export function readableRepository(): string {
  return copyOnce('repository', (folder) => {
    for (const path of [...PROGRAMS, ...packagesOfProduction()]) copy(join(REPOSITORY, path), join(folder, path));
  });
}

/** Returns a copy of any folder, such as that of PowerShell in the cache. */
export function readableCopyOf(source: string): string {
  const copied = copyOnce(source, (folder) => copy(source, join(folder, basename(source))));
  return join(copied, basename(source));
}

function copyOnce(key: string, fill: (folder: string) => void): string {
  const known = copies.get(key);
  if (known !== undefined) return known;
  const folder = mkdtempSync(join(tmpdir(), 'tbs-readable-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  fill(folder);
  execFileSync('chmod', ['-R', 'a+rX', folder]);
  copies.set(key, folder);
  return folder;
}

function copy(source: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true });
  execFileSync('cp', ['-R', source, target]);
}

/** Returns the folders below node_modules that are not only for development, as npm recorded when it installed them. */
function packagesOfProduction(): readonly string[] {
  const lock = JSON.parse(readFileSync(join(REPOSITORY, 'node_modules', '.package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  return Object.keys(lock.packages).filter(
    (path) =>
      /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && !lock.packages[path]?.dev && existsSync(join(REPOSITORY, path)),
  );
}
