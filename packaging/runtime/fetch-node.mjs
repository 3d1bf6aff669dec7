// Fetches the shipped Node.js into .cache/node; node.json has its version and the hashes of npm's packages.
//   node packaging/runtime/fetch-node.mjs [x64|arm64]     prints the folder
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
export const shippedNode = JSON.parse(readFileSync(path.join(root, 'packaging', 'runtime', 'node.json'), 'utf8'));

/** Returns the folder of the shipped Node.js, with bin/node, include/ and LICENSE; fetches it if it is not cached. */
export function fetchNode(architecture = process.arch) {
  const name = `node-linux-${architecture}`;
  const integrity = shippedNode[architecture];
  if (integrity === undefined) throw new Error(`packaging/runtime/node.json names no Node.js for ${architecture}`);
  const folder = path.join(root, '.cache', 'node', `${name}-${shippedNode.version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(path.dirname(folder), { recursive: true });
  // Each process uses its own folder: several may fetch at once, and the first to finish wins.
  const unfinished = mkdtempSync(`${folder}.`);
  try {
    const archive = path.join(unfinished, pack(`${name}@${shippedNode.version}`, unfinished));
    verify(archive, integrity);
    execFileSync('tar', ['-xzf', archive, '-C', unfinished, '--no-same-owner']);
    if (!existsSync(folder)) renameSync(path.join(unfinished, 'package'), folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}

function pack(what, folder) {
  const output = execFileSync('npm', ['pack', what, '--silent', '--pack-destination', folder], { encoding: 'utf8' });
  return output.trim();
}

function verify(archive, integrity) {
  const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (found === integrity) return;
  throw new Error(`${path.basename(archive)} has the hash ${found}, not the one of node.json. Nothing of it was run.`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(fetchNode(process.argv[2]));
