// tpm2-abrmd's tests of a resource manager, as clients of this one.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { testsOf } from './automake-tree.mjs';

/** Packages for building the suite. */
export const packages = [
  'autoconf',
  'autoconf-archive',
  'automake',
  'libtool',
  'pkg-config',
  'gcc',
  'make',
  'git',
].concat(['libtss2-dev', 'libglib2.0-dev', 'libglib2.0-dev-bin', 'libcmocka-dev', 'iproute2', 'dbus']);

export const needsGrant = [];

const BUILD = './bootstrap && ./configure --enable-integration && make check TESTS=';
const SHIM = fileURLToPath(new URL('tabrmd_init_shim.c', import.meta.url));

export function prepare({ source, scratch }) {
  const library = path.join(scratch, 'tabrmd-init-shim.so');
  const built = spawnSync('cc', ['-shared', '-fPIC', '-Wall', '-Werror', '-o', library, SHIM, '-ldl'], {
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(`tabrmd_init_shim.c could not be compiled:\n${built.stderr}`);
  return { source, library };
}

export function tests({ source }) {
  return testsOf(source, ['TESTS_INTEGRATION', 'TESTS_INTEGRATION_NOHW'], BUILD);
}

export function program({ source, library }, test, tcti) {
  const [name, ...configuration] = tcti.split(':');
  return {
    command: [path.join(source, test.program)],
    cwd: source,
    env: {
      TABRMD_TEST_TCTI: name,
      TABRMD_TEST_TCTI_CONF: configuration.join(':'),
      TABRMD_TEST_TCTI_RETRIES: '1',
      // tcti-connect-multiple alone calls tpm2-abrmd's TCTI by name, whatever TABRMD_TEST_TCTI says.
      ...(test.name === 'tcti-connect-multiple' ? { LD_PRELOAD: library } : {}),
    },
  };
}
