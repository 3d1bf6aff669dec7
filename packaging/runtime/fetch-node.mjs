// Fetches the shipped Node.js; node.json has its version and the hashes of npm's packages.
//   node packaging/runtime/fetch-node.mjs [x64|arm64]     prints the folder
import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fetchPackage } from './fetch-package.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
export const shippedNode = JSON.parse(readFileSync(path.join(here, 'node.json'), 'utf8'));

/** Returns the folder of the shipped Node.js, with bin/node, include/ and LICENSE. */
export function fetchNode(architecture = process.arch) {
  const integrity = shippedNode[architecture];
  if (integrity === undefined) throw new Error(`packaging/runtime/node.json names no Node.js for ${architecture}`);
  return fetchPackage(`node-linux-${architecture}`, shippedNode.version, integrity);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(fetchNode(process.argv[2]));
