// Compiles TypeScript into build/, writes build/protocol.json, and builds the PowerShell module.
//   npm run build
import { rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isAddonOutdated } from './build-native.mjs';
import { runQuietly } from './run-quietly.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Compiles everything from scratch, so that build/ keeps no output of removed sources. */
export async function buildTypeScript() {
  rmSync(path.join(root, 'build'), { recursive: true, force: true });
  await runNode([path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', path.join(root, 'tsconfig.json')]);
  // Writes the contract of the JSON-RPC endpoint, for tests of clients in other languages.
  await runNode([path.join(root, 'tools', 'protocol-json.mjs')]);
}

export async function buildModule() {
  await runNode([path.join(root, 'tools', 'build-module.mjs')]);
}

function runNode(args) {
  return runQuietly(
    process.execPath,
    args,
    { cwd: root },
    (code, output) => output.trim() || `${args[0]} ended with ${code}`,
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await buildTypeScript();
    await buildModule();
    if (isAddonOutdated()) console.error('The native addon is older than its sources. Run npm run build:native.');
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
