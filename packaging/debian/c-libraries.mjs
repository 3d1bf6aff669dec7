// Builds the C libraries (native/) for an architecture, and lays out the packages libtpmtbs0, libtss2-tcti-tbs0 and
// libtpmtbs-dev from what cmake installs.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { toolchainFor } from '../toolchain.mjs';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

/** The files of each package, as patterns below /usr. `TRIPLET` stands for the multiarch folder. */
const CONTENTS = {
  libtpmtbs0: [/^lib\/TRIPLET\/libtbs\.so\.\d/],
  'libtss2-tcti-tbs0': [/^lib\/TRIPLET\/libtss2-tcti-tbs\.so\.\d/, /^share\/man\/man7\//],
  'libtpmtbs-dev': [/^include\//, /^lib\/TRIPLET\/lib[^/]*\.so$/, /^lib\/TRIPLET\/pkgconfig\//, /^share\/man\/man3\//],
};

export const LIBRARY_PACKAGES = Object.keys(CONTENTS);

/** Builds the libraries and returns the folder with the files that cmake installs below /usr. */
export function buildCLibraries(architecture) {
  const { triplet, strip, cmake } = toolchainFor(architecture);
  const build = path.join(root, 'dist', 'c-libraries', architecture);
  const installed = path.join(build, 'installed');
  rmSync(installed, { recursive: true, force: true });
  const cmakeRun = (args, env = process.env) =>
    execFileSync('cmake', args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  // Otherwise the path of the clone would change the build id, through the debug information.
  const flags = `-ffile-prefix-map=${root}=.`;
  cmakeRun([
    ...['-S', path.join(root, 'native'), '-B', build, '-DCMAKE_BUILD_TYPE=RelWithDebInfo', `-DCMAKE_C_FLAGS=${flags}`],
    ...['-DBUILD_TESTING=OFF', '-DCMAKE_INSTALL_PREFIX=/usr', `-DCMAKE_INSTALL_LIBDIR=lib/${triplet}`, ...cmake],
  ]);
  cmakeRun(['--build', build, '--parallel', '2']);
  cmakeRun(['--install', build], { ...process.env, DESTDIR: installed });
  for (const file of librariesIn(path.join(installed, 'usr'))) execFileSync(strip, ['--strip-unneeded', file]);
  return path.join(installed, 'usr');
}

/** Fills `folder` with the files of the package. */
export function layOutLibrary(name, installed, folder, architecture) {
  const { triplet } = toolchainFor(architecture);
  const patterns = CONTENTS[name].map(({ source }) => new RegExp(source.replace('TRIPLET', triplet)));
  const files = readdirSync(installed, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(installed, path.join(entry.parentPath, entry.name)))
    .filter((file) => patterns.some((pattern) => pattern.test(file)));
  if (files.length === 0) throw new Error(`cmake installs nothing that belongs into ${name}`);
  for (const file of files) {
    const target = path.join(folder, 'usr', file);
    mkdirSync(path.dirname(target), { recursive: true });
    if (file.startsWith('share/man/')) {
      writeFileSync(`${target}.gz`, gzipSync(readFileSync(path.join(installed, file)), { level: 9 }));
    } else cpSync(path.join(installed, file), target, { verbatimSymlinks: true });
  }
}

function librariesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.so\./.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));
}
