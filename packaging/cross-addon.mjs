// Compiles the native addon for another platform than this machine's, into native/addon/prebuilds, unless the addon there
// was built from the same sources.
//   node packaging/cross-addon.mjs linux-arm64 win32-x64
// Needs Debian's g++-aarch64-linux-gnu or g++-mingw-w64-x86-64. Does not use node-gyp, which takes the compiler flags
// of the machine that Node.js was built on.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { sourceDigest } from '../tools/build-native.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const addonFolder = path.join(root, 'native', 'addon');

const TARGETS = {
  'linux-arm64': {
    os: 'linux',
    compilers: ['aarch64-linux-gnu-g++'],
    debianPackage: 'g++-aarch64-linux-gnu',
    options: ['-fPIC', '-pthread', '-Wl,-z,relro,-z,now'],
  },
  'win32-x64': {
    os: 'win',
    // std::thread needs the variant with POSIX threads.
    compilers: ['x86_64-w64-mingw32-g++-posix', 'x86_64-w64-mingw32-g++'],
    debianPackage: 'g++-mingw-w64-x86-64',
    options: ['-static'],
  },
};

export const CROSS_TARGETS = Object.keys(TARGETS);

/** Returns the compiled addon for the target (`linux-arm64`, `win32-x64`). */
export function crossCompileAddon(target) {
  const { os, compilers, debianPackage, options } = TARGETS[target];
  const folder = path.join(addonFolder, 'prebuilds', target);
  const addon = path.join(folder, 'tpmtbs-native.node');
  const stamp = path.join(folder, 'sources.sha256');
  const digest = sourceDigest();
  if (existsSync(addon) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return addon;
  const compiler = compilers.find((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0);
  if (compiler === undefined) {
    throw new Error(
      `The addon for ${target} needs ${compilers.at(-1)}: apt-get install --no-install-recommends ${debianPackage}`,
    );
  }
  const headers = headersOfNode();
  const scratch = mkdtempSync(path.join(tmpdir(), 'tpmtbs-addon-'));
  mkdirSync(folder, { recursive: true });
  try {
    const { sources, flags, libraries } = settingsOf(os);
    const imports = os === 'win' ? importLibrary(headers, scratch) : [];
    execFileSync(
      compiler,
      [
        ...['-shared', '-s', '-O2', '-fno-exceptions', ...options, ...flags, `-ffile-prefix-map=${root}=.`],
        ...[`-I${path.join(root, 'node_modules', 'node-addon-api')}`, `-I${headers}`],
        ...['-o', addon, ...sources, ...imports, ...libraries],
      ],
      { cwd: addonFolder, stdio: ['ignore', 'inherit', 'inherit'] },
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  writeFileSync(stamp, digest);
  return addon;
}

/** Reads the sources and flags of an operating system (`linux`, `win`) from binding.gyp, which is JSON here. */
function settingsOf(os) {
  const [target] = JSON.parse(readFileSync(path.join(addonFolder, 'binding.gyp'), 'utf8')).targets;
  const [, ofSystem] = target.conditions.find(([condition]) => condition === `OS=='${os}'`);
  const defines = [...target.defines, ...(ofSystem.defines ?? [])].map((name) => `-D${name}`);
  return {
    sources: [...target.sources, ...ofSystem.sources],
    flags: [...target.cflags_cc, ...defines],
    libraries: (ofSystem.libraries ?? []).map((name) => `-l${path.basename(name, '.lib')}`),
  };
}

/** Writes an import library for the functions of node.exe that the addon uses. */
function importLibrary(headers, scratch) {
  const names = ['node_api.h', 'js_native_api.h', 'uv.h'].flatMap((header) =>
    [...readFileSync(path.join(headers, header), 'utf8').matchAll(/\b((?:napi|node_api|uv)_\w+)\(/g)].map(
      ([, name]) => name,
    ),
  );
  const definitions = path.join(scratch, 'node.def');
  writeFileSync(definitions, `LIBRARY node.exe\nEXPORTS\n${[...new Set(names)].sort().join('\n')}\n`);
  execFileSync('x86_64-w64-mingw32-dlltool', ['-d', definitions, '-l', path.join(scratch, 'libnode.a')]);
  return [`-L${scratch}`, '-lnode'];
}

function headersOfNode() {
  const own = path.dirname(path.dirname(process.execPath));
  const found = [own, '/usr', '/usr/local'].map((base) => path.join(base, 'include', 'node'));
  const headers = found.find((each) => existsSync(path.join(each, 'uv.h')));
  if (headers === undefined) throw new Error(`The headers of Node.js are missing (looked in ${found.join(', ')}).`);
  return headers;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    for (const target of process.argv.slice(2)) console.log(crossCompileAddon(target));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
