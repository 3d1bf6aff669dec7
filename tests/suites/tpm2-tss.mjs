// tpm2-tss' integration tests of SYS, ESYS and FAPI, each through the suite's own log compiler.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { testsOf } from './automake-tree.mjs';

/** Packages for building the suite; `apt-get build-dep tpm2-tss` has most of them. */
export const packages = ['autoconf', 'autoconf-archive', 'automake', 'libtool', 'pkg-config', 'gcc', 'make', 'git']
  .concat(['libssl-dev', 'libjson-c-dev', 'libcurl4-openssl-dev', 'uuid-dev', 'uthash-dev', 'iproute2', 'openssl'])
  .concat(['acl', 'libltdl-dev']);

/** esys-change-eps, esys-set-algorithm-set and esys-pp-commands send these. */
export const needsGrant = ['ChangeEPS', 'SetAlgorithmSet', 'PP_Commands'];

const BUILD =
  './bootstrap && ./configure --enable-integration --enable-self-generated-certificate --disable-doxygen-doc' +
  ' && make check TESTS=';

export function prepare({ source }) {
  // The certificates with which FAPI's tests certify the TPM's endorsement keys; `make check` does the same.
  const authority = spawnSync('./script/ekca/init_ca.sh', ['.'], { cwd: source, encoding: 'utf8' });
  if (authority.status !== 0) throw new Error(`script/ekca/init_ca.sh failed:\n${authority.stderr}`);
  return source;
}

export function tests(source) {
  return testsOf(source, ['TESTS_INTEGRATION'], BUILD);
}

export function program(source, test, tcti) {
  const compiler = test.program.endsWith('.fint') ? 'fint-log-compiler.sh' : 'int-log-compiler.sh';
  return {
    command: [path.join(source, 'script', compiler), tcti, test.program],
    cwd: source,
    env: { srcdir: '.' },
  };
}
