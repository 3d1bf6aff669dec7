// tpm2-tools' integration tests: shell scripts that run the tools on PATH (or those built in the source tree).
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

/** Packages beside tpm2-tools that the scripts use. */
export const packages = [
  'tpm2-tools',
  'expect',
  'xxd',
  'bc',
  'python3-yaml',
  'openssl',
  'curl',
  'libtss2-dev',
  'pkg-config',
];

/** changeeps, changepps and sessionaudit send these, which nobody may by default. */
export const needsGrant = ['ChangeEPS', 'ChangePPS'];

/** The scripts write beside themselves, and bootstrap makes more of them; so they run in a copy. */
export function prepare({ source, scratch }) {
  const copy = path.join(scratch, 'tpm2-tools');
  // toggle_options compares the tools' sources with their man pages.
  for (const folder of ['test', 'tools', 'man']) {
    cpSync(path.join(source, folder), path.join(copy, folder), { recursive: true });
  }
  const fapi = path.join(copy, 'test', 'integration', 'fapi');
  for (const name of scriptsIn(fapi).filter((script) => !script.endsWith('_ecc.sh'))) {
    const script = readFileSync(path.join(fapi, name), 'utf8');
    const twin = path.join(fapi, name.replace(/\.sh$/, '_ecc.sh'));
    // What the suite's own bootstrap does: each FAPI test once for RSA and once for elliptic curves.
    writeFileSync(twin, script.replaceAll('CRYPTO_PROFILE="RSA"', 'CRYPTO_PROFILE="ECC"'));
  }
  return copy;
}

function scriptsIn(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sh'))
    .sort();
}

export function tests(copy) {
  const integration = path.join(copy, 'test', 'integration');
  return ['tests', 'fapi'].flatMap((folder) =>
    scriptsIn(path.join(integration, folder)).map((name) => ({
      name: name.replace(/\.sh$/, ''),
      folder,
      script: name,
    })),
  );
}

/** fapi-policy_signed_delegation runs when it is told of a tpm2-tss that is new enough. */
function versionOfFapi() {
  const asked = spawnSync('pkg-config', ['--modversion', 'tss2-fapi'], { encoding: 'utf8' });
  return asked.status === 0 ? asked.stdout.trim() : '';
}

export function program(copy, test, tcti) {
  const integration = path.join(copy, 'test', 'integration');
  const built = [path.join(copy, 'tools'), path.join(copy, 'tools', 'fapi')].filter((folder) =>
    ['tpm2', 'tss2'].some((name) => existsSync(path.join(folder, name))),
  );
  return {
    command: ['bash', path.join(test.folder, test.script)],
    cwd: integration,
    env: {
      PATH: [...built, integration, process.env.PATH].join(':'),
      PYTHON: 'python3',
      TPM2TOOLS_TEST_TCTI: tcti,
      TPM2TOOLS_TEST_PERSISTENT: 'false',
      TPM2_TOOLS_TEST_FIXTURES: path.join(integration, 'fixtures'),
      TSS_VERSION: process.env.TSS_VERSION ?? versionOfFapi(),
      TPM2_SIM: '',
      TPM2_ABRMD: '',
      srcdir: copy,
      abs_srcdir: copy,
      abs_builddir: copy,
    },
  };
}
