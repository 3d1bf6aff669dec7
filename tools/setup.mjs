// Sets up a fresh clone, each part only if it is needed: packages of the operating system, npm packages, native addon,
// build, PowerShell and Pester.
//   node tools/setup.mjs [start|test]
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { step } from './progress.mjs';
import { runQuietly } from './run-quietly.mjs';
import { installPackages, missingPackages } from './system-packages.mjs';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const LOWEST_NODE = [20, 19];

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > LOWEST_NODE[0] || (major === LOWEST_NODE[0] && minor >= LOWEST_NODE[1])) return;
  throw new Error(`Node.js ${LOWEST_NODE.join('.')} or later is needed; this is ${process.versions.node}`);
}

/** npm writes node_modules/.package-lock.json last, so after a complete install it is at least as new as the lock. */
function npmPackagesAreCurrent() {
  const installed = path.join(root, 'node_modules', '.package-lock.json');
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(path.join(root, 'package-lock.json')).mtimeMs;
}

/**
 * Installs the versions in the lock. Does not use `npm ci`, which also needs the packages of all other platforms in the
 * lock; not every registry has them. No package's install script runs: those that we need ship binaries, and edge-js'
 * would build for minutes (packaging/edge/build.mjs does, where its engine is wanted).
 */
function installNpmPackages() {
  return runQuietly(
    'npm',
    ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    { cwd: root, shell: process.platform === 'win32' },
    (code, output) => `npm install ended with ${code}:\n${output}`,
  );
}

/** @param {'start' | 'test'} purpose */
export async function setUp(purpose) {
  requireNode();
  if (process.platform === 'linux' && missingPackages(purpose).length > 0) {
    await step('packages of the operating system', (onProgress) => installPackages(purpose, { onProgress }));
  }
  // PowerShell comes early, because a machine may have no way to install it.
  const shell = await step('PowerShell', async (onProgress) => {
    const { findPowerShell } = await import('./pwsh.mjs');
    return findPowerShell({ onProgress });
  });
  if (!npmPackagesAreCurrent()) await step('npm packages', installNpmPackages);
  await step('native addon', async (onProgress) => {
    const { buildNative } = await import('./build-native.mjs');
    await buildNative({ onProgress });
  });
  const { buildModule, buildTypeScript } = await import('./build.mjs');
  await step('TypeScript', buildTypeScript);
  await step('PowerShell module', buildModule);
  if (purpose === 'test') {
    await step('Pester', async (onProgress) => {
      const { findPester } = await import('./pester.mjs');
      await findPester(shell, { onProgress });
    });
  }
  return shell;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await setUp(process.argv[2] === 'test' ? 'test' : 'start');
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
