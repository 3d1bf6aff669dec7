// Bundles the programs for the shipped Node.js. dist/bundle/linux-ARCHITECTURE then contains everything except Node.js.
//   npm run bundle -- [--architecture arm64]
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { crossCompileAddon } from '../cross-addon.mjs';
import { fetchNode, shippedNode } from '../runtime/fetch-node.mjs';
import { fetchLockedPackage } from '../runtime/fetch-package.mjs';
import { filesAmong, lazyPackages } from './lazy-packages.mjs';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const here = path.join(root, 'packaging', 'bundle');

/** The exports of each program's bundle; start.cjs calls `run`, and `beforeCodeCache` before it writes the cache. */
const PROGRAMS = {
  tbs: `import process from 'node:process';
        import { main } from './ts-core/cli/main.js';
        export const run = () => main(process.argv);`,
  tbsd: `import process from 'node:process';
         import { tbsd } from './ts-core/daemon/tbsd-command.js';
         export { serve } from './ts-core/daemon/main.js';
         export { unboundMemory as beforeCodeCache } from './ts-core/daemon/bounded-memory.js';
         export async function run() { process.exitCode = await tbsd(process.argv.slice(2)); }`,
  'tbs-actions': `import process from 'node:process';
                  import { tbsActions } from './ts-core/actions/main.js';
                  export async function run() { process.exitCode = await tbsActions(process.argv.slice(2)); }`,
};

/** What all bundles have in common. Names are kept, so that stack traces stay readable. */
const FOR_SHIPPED_NODE = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: `node${shippedNode.version}`,
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'error',
};

const TOP = 'top.mjs';
const TELEMETRY = 'telemetry.cjs';

/** Returns the bundle's folder and the folders of the packages whose code it contains. */
export async function bundle(architecture = process.arch) {
  const folder = path.join(root, 'dist', 'bundle', `linux-${architecture}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.join(folder, 'cache'), { recursive: true });
  const packages = new Set();
  for (const name of Object.keys(PROGRAMS)) {
    for (const file of await bundleProgram(name, folder)) packages.add(packageOf(file));
    copyFileSync(path.join(here, 'start.cjs'), path.join(folder, name));
    chmodSync(path.join(folder, name), 0o755);
  }
  for (const file of await bundleTop(folder)) packages.add(packageOf(file));
  for (const file of await bundleTelemetry(folder)) packages.add(packageOf(file));
  copyParts(folder, architecture);
  packages.delete(undefined);
  return { folder, packages: [...packages].sort() };
}

async function bundleProgram(name, folder) {
  const { metafile } = await build({
    ...FOR_SHIPPED_NODE,
    stdin: { contents: PROGRAMS[name], resolveDir: root, loader: 'ts' },
    outfile: path.join(folder, `${name}.cjs`),
    format: 'cjs',
    // Becomes require, since a script of node:vm cannot import.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: "const bundleUrl=require('node:url').pathToFileURL(__filename).href;" },
    // Optional dependencies of dbus-next that are not installed.
    external: ['x11', 'usocket'],
    alias: {
      'node-gyp-build-optional-packages': path.join(here, 'lmdb-addon.cjs'),
      'node-gyp-build': path.join(here, 'own-addon.cjs'),
    },
    plugins: [topBeside, telemetryBeside, daemonBeside(name), yargsLocalesBeside, lazyPackages],
  });
  return filesAmong(Object.keys(metafile.inputs));
}

/**
 * Bundles the code that draws `tbs top`. It is an ES module, since yoga-layout awaits its WebAssembly when it is
 * loaded.
 */
async function bundleTop(folder) {
  const { metafile } = await build({
    ...FOR_SHIPPED_NODE,
    entryPoints: [path.join('ts-core', 'cli', 'top', 'run-top.tsx')],
    outfile: path.join(folder, TOP),
    format: 'esm',
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [withoutDevtools],
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  });
  return filesAmong(Object.keys(metafile.inputs));
}

/** Bundles OpenTelemetry's SDK, which only a broker with a collector loads. */
async function bundleTelemetry(folder) {
  const { metafile } = await build({
    ...FOR_SHIPPED_NODE,
    entryPoints: [path.join('ts-core', 'adapters', 'telemetry', 'otlp-export.ts')],
    outfile: path.join(folder, TELEMETRY),
    format: 'cjs',
  });
  return filesAmong(Object.keys(metafile.inputs));
}

/** Returns the folder of the package that a file belongs to; undefined for the project's own files. */
function packageOf(file) {
  const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file) ?? [];
  return folder === undefined ? undefined : path.join(root, folder);
}

/** Only ink's developers use react-devtools-core, so it is not installed. */
const withoutDevtools = {
  name: 'without devtools',
  setup(build) {
    build.onResolve({ filter: /^react-devtools-core$/ }, ({ path: name }) => ({ path: name, namespace: 'nothing' }));
    build.onLoad({ filter: /./, namespace: 'nothing' }, () => ({ contents: 'export default undefined;' }));
  },
};

/** Only `tbs top` loads the code that draws it, with the function that start.cjs provides. */
const topBeside = {
  name: 'top beside',
  setup(build) {
    build.onResolve({ filter: /\/top\/run-top\.js$/ }, () => ({ path: TOP, namespace: 'beside' }));
    build.onLoad({ filter: /./, namespace: 'beside' }, ({ path: file }) => ({
      contents: `export const runTop = async (...given) => (await importBeside('./${file}')).runTop(...given);`,
    }));
  },
};

/** tbsd loads it if the configuration names a collector. A script of node:vm requires it, since it cannot import. */
const telemetryBeside = {
  name: 'telemetry beside',
  setup(build) {
    build.onResolve({ filter: /\/telemetry\/otlp-export\.js$/ }, () => ({ path: TELEMETRY, namespace: 'required' }));
    build.onResolve({ filter: /./, namespace: 'required' }, ({ path: file }) => ({ path: file, external: true }));
    build.onLoad({ filter: /./, namespace: 'required' }, ({ path: file }) => ({
      contents: `module.exports = require('./${file}');`,
    }));
  },
};

/** `tbs serve` runs the daemon from the other program's bundle. */
function daemonBeside(name) {
  return {
    name: 'daemon beside',
    setup(build) {
      if (name === 'tbsd') return;
      build.onResolve({ filter: /\/daemon\/main\.js$/ }, () => ({ path: './tbsd.cjs', external: true }));
    },
  };
}

/** yargs finds its messages by a path relative to its own package, which a bundle changes. */
const yargsLocalesBeside = {
  name: 'locales of yargs beside',
  setup(build) {
    build.onLoad({ filter: /yargs[\\/]lib[\\/]platform-shims[\\/]esm\.mjs$/ }, ({ path: file }) => {
      const source = readFileSync(file, 'utf8');
      if (!source.includes("'../../../locales'")) throw new Error(`${file} names its locales in another way now`);
      return { contents: source.replace("'../../../locales'", "'../locales'") };
    });
  },
};

function copyParts(folder, architecture) {
  const packages = path.join(root, 'node_modules');
  cpSync(path.join(packages, 'yargs', 'locales'), path.join(folder, 'locales'), { recursive: true });
  copyFileSync(lmdbAddon(architecture), path.join(folder, 'lmdb.node'));
  chmodSync(path.join(folder, 'lmdb.node'), 0o644);
  const target = `linux-${architecture}`;
  if (architecture !== process.arch) crossCompileAddon(target);
  const addon = path.join('native', 'addon', 'prebuilds', target, 'tpmtbs-native.node');
  mkdirSync(path.dirname(path.join(folder, addon)), { recursive: true });
  copyFileSync(path.join(root, addon), path.join(folder, addon));
  chmodSync(path.join(folder, addon), 0o644);
  const { name, version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify({ name, version, type: 'commonjs' })}\n`);
}

/**
 * npm installs only the package for this machine; those for other architectures are fetched as package-lock.json
 * specifies.
 */
function lmdbAddon(architecture) {
  const name = `@lmdb/lmdb-linux-${architecture}`;
  const installed = path.join(root, 'node_modules', name);
  return path.join(existsSync(installed) ? installed : fetchLockedPackage(name), 'node.napi.glibc.node');
}

/** Builds the shipped files for this machine; returns the folder of the programs, and the Node.js that runs them. */
export async function shippedPrograms() {
  const { folder } = await bundle();
  const node = path.join(fetchNode(), 'bin', 'node');
  writeCodeCaches(folder, node);
  return { folder, node };
}

/** Runs each program once with the shipped Node.js to write its code cache, as an installation does. */
export function writeCodeCaches(folder, node = path.join(fetchNode(), 'bin', 'node')) {
  execFileSync(node, [path.join(here, 'write-code-caches.cjs'), folder], { stdio: 'inherit' });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({ options: { architecture: { type: 'string', default: process.arch } } });
  const { folder } = await bundle(values.architecture);
  if (values.architecture === process.arch) writeCodeCaches(folder);
  console.log(folder);
}
