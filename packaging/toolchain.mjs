// The compilers for each architecture of the packages: those of the machine, or Debian's cross compilers.
import { execFileSync, spawnSync } from 'node:child_process';
import process from 'node:process';

const ARCHITECTURES = {
  x64: { debian: 'amd64', triplet: 'x86_64-linux-gnu', gcc: 'x86-64-linux-gnu' },
  arm64: { debian: 'arm64', triplet: 'aarch64-linux-gnu', gcc: 'aarch64-linux-gnu' },
};

export const KNOWN_ARCHITECTURES = Object.keys(ARCHITECTURES);

/** Returns the programs and options that build for the architecture (a name of Node.js: x64, arm64). */
export function toolchainFor(architecture) {
  const { debian, triplet, gcc } = ARCHITECTURES[architecture];
  if (architecture === process.arch) return { debian, triplet, cc: 'gcc', cxx: 'g++', strip: 'strip', cmake: [] };
  const tool = (name) => `${triplet}-${name}`;
  if (spawnSync('sh', ['-c', `command -v ${tool('g++')}`]).status !== 0) {
    throw new Error(`${tool('g++')} is missing: apt-get install --no-install-recommends g++-${gcc}`);
  }
  const cmake = ['-DCMAKE_SYSTEM_NAME=Linux', `-DCMAKE_SYSTEM_PROCESSOR=${triplet.split('-')[0]}`];
  return {
    ...{ debian, triplet, cc: tool('gcc'), cxx: tool('g++'), strip: tool('strip') },
    cmake: [...cmake, `-DCMAKE_C_COMPILER=${tool('gcc')}`],
  };
}

/** Returns the newest version of glibc whose symbols the ELF files use, as in `libc6 (>= 2.34)`. */
export function glibcThatNeeds(files) {
  const versions = files.flatMap((file) => {
    const symbols = execFileSync('readelf', ['--wide', '--version-info', file], { encoding: 'utf8' });
    return [...symbols.matchAll(/\bGLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
  });
  return `2.${Math.max(17, ...versions)}`;
}
