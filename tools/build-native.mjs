// Builds the native addon (native/addon) into native/addon/prebuilds, unless the addon there was built from the same
// sources.
//
// To run it alone: `npm run build:native`. Several processes may call buildNative at once (npm start, npm test): one
// builds, and the others wait for it.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withBuildLock } from './build-lock.mjs';
import { runQuietly } from './run-quietly.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const addonDir = path.join(root, 'native', 'addon');
const prebuildDir = path.join(addonDir, 'prebuilds', `${process.platform}-${process.arch}`);
const stampFile = path.join(prebuildDir, 'sources.sha256');
const lockFile = path.join(addonDir, '.building');

/** Identifies the sources that an addon was built from. */
export function sourceDigest() {
  const digest = createHash('sha256');
  const sources = readdirSync(path.join(addonDir, 'src')).sort();
  for (const name of ['binding.gyp', ...sources.map((source) => path.join('src', source))]) {
    digest.update(`${name}\0`).update(readFileSync(path.join(addonDir, name)));
  }
  return digest.digest('hex');
}

function isUpToDate(digest) {
  return (
    existsSync(stampFile) &&
    readFileSync(stampFile, 'utf8') === digest &&
    readdirSync(prebuildDir).some((name) => name.endsWith('.node'))
  );
}

/** Returns whether there is an addon that was built from other sources; a broker that uses it may misbehave. */
export function isAddonOutdated() {
  return existsSync(stampFile) && !isUpToDate(sourceDigest());
}

/** Finds the prefix whose include/node has Node.js' headers, so that node-gyp does not download them. */
function headerPrefix() {
  const ownPrefix = path.dirname(path.dirname(process.execPath));
  return [ownPrefix, '/usr', '/usr/local'].find((prefix) => existsSync(path.join(prefix, 'include/node/node.h')));
}

function runPrebuildify() {
  const env = { ...process.env };
  const prefix = headerPrefix();
  if (!env.npm_config_nodedir && prefix) env.npm_config_nodedir = prefix;
  const cli = path.join(root, 'node_modules', 'prebuildify', 'bin.js');
  // The cwd must be the addon's directory: prebuildify looks there for binding.gyp.
  return runQuietly(
    process.execPath,
    [cli, '--napi', '--strip', '--target', process.versions.node],
    { cwd: addonDir, env },
    (_code, output) => `building the native addon failed (a C++ compiler, make and python3 are needed):\n${output}`,
  );
}

/**
 * Builds the addon if its sources have changed. Resolves to true if it was built, and to false if it was up to date.
 * `onProgress` receives one line of text at a time.
 */
export async function buildNative({ onProgress = () => {} } = {}) {
  const digest = sourceDigest();
  if (isUpToDate(digest)) return false;
  return withBuildLock(lockFile, async () => {
    if (isUpToDate(digest)) return false;
    onProgress('building the native addon (native/addon)');
    await runPrebuildify();
    mkdirSync(prebuildDir, { recursive: true });
    writeFileSync(stampFile, digest);
    return true;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = await buildNative({ onProgress: (line) => console.log(line) });
  console.log(built ? 'native addon built' : 'native addon is up to date');
}
