// Fetches packages of npm into .cache/npm and checks their hashes, without installing them.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

/** Returns the folder of the package; fetches it if it is not cached. `integrity` is npm's: `sha512-…`. */
export function fetchPackage(name, version, integrity) {
  const folder = path.join(root, '.cache', 'npm', `${name.replace('/', '-')}-${version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(path.dirname(folder), { recursive: true });
  // Each process uses its own folder: several may fetch at once, and the first to finish wins.
  const unfinished = mkdtempSync(`${folder}.`);
  try {
    const archive = path.join(unfinished, pack(`${name}@${version}`, unfinished));
    verify(archive, integrity);
    execFileSync('tar', ['-xzf', archive, '-C', unfinished, '--no-same-owner']);
    if (!existsSync(folder)) renameSync(path.join(unfinished, 'package'), folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/** The same for a package with the version and the hash that package-lock.json names, on whatever platform it runs. */
export function fetchLockedPackage(name) {
  const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  const locked = packages[`node_modules/${name}`];
  if (locked === undefined) throw new Error(`package-lock.json does not name ${name}`);
  return fetchPackage(name, locked.version, locked.integrity);
}

function pack(what, folder) {
  const output = execFileSync('npm', ['pack', what, '--silent', '--pack-destination', folder], { encoding: 'utf8' });
  return output.trim();
}

function verify(archive, integrity) {
  const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (found === integrity) return;
  throw new Error(`${path.basename(archive)} has the hash ${found}, not ${integrity}. Nothing of it was run.`);
}
