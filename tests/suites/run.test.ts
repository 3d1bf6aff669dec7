/** Tests tests/suites/run.mjs with a suite that is small enough for a test. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { canBecomeOthers } from '../support/as-user.js';
import { run } from '../support/run-program.js';

interface Result {
  readonly name: string;
  readonly outcome: string;
  readonly seconds: number;
}

const NV_INDEX = '0x1500040';
const SCRIPTS: Readonly<Record<string, string>> = {
  'tests/a_uses_the_broker.sh': `tpm2_getrandom -T "$TPM2TOOLS_TEST_TCTI" --hex 4; tpm2_nvdefine -T tbs -s 8 ${NV_INDEX}`,
  'tests/b_finds_a_new_tpm.sh': `! tpm2_nvreadpublic -T tbs ${NV_INDEX}`,
  'tests/c_has_the_sources.sh': 'test -f "$srcdir/tools/tpm2_example.c" && test -d ../../man',
  'tests/d_skips.sh': 'exit 77',
  'tests/e_fails.sh': 'echo why >&2; exit 1',
  'tests/f_hangs.sh': 'sleep 1000',
  'tests/g_sends_what_nobody_may.sh': 'tpm2_changeeps -T tbs',
  'fapi/profile.sh':
    'CRYPTO_PROFILE="RSA"\nfor p in "$0"; do case "$p" in *_ecc.sh) test $CRYPTO_PROFILE = ECC;; esac; done',
};

describe('tests/suites', function () {
  this.timeout(120_000);

  let folder: string;

  before(function () {
    // A suite runs as an administrator.
    if (!canBecomeOthers()) this.skip();
    folder = mkdtempSync(path.join(tmpdir(), 'suites-test-'));
    for (const directory of ['tests', 'fapi']) {
      mkdirSync(path.join(folder, 'tree', 'test', 'integration', directory), { recursive: true });
    }
    for (const directory of ['tools', 'man']) mkdirSync(path.join(folder, 'tree', directory));
    writeFileSync(path.join(folder, 'tree', 'tools', 'tpm2_example.c'), '');
    for (const [name, script] of Object.entries(SCRIPTS)) {
      writeFileSync(path.join(folder, 'tree', 'test', 'integration', name), `${script}\n`);
    }
  });

  after(() => folder && rmSync(folder, { recursive: true, force: true }));

  async function suite(...options: string[]): Promise<{ code: number | null; outcomes: Record<string, string> }> {
    const logs = path.join(folder, 'logs');
    const args = ['tests/suites/run.mjs', 'tpm2-tools', path.join(folder, 'tree'), '--logs', logs, ...options];
    const { code, stderr } = await run(process.execPath, args);
    assert.equal(stderr, '');
    const results = JSON.parse(readFileSync(path.join(logs, 'results.json'), 'utf8')) as Result[];
    return { code, outcomes: Object.fromEntries(results.map(({ name, outcome }) => [name, outcome])) };
  }

  it('runs every script with a new TPM and a broker that was started for it, and reports what passed', async () => {
    const { code, outcomes } = await suite('--limit', '4');
    assert.deepEqual(outcomes, {
      a_uses_the_broker: 'passed',
      b_finds_a_new_tpm: 'passed',
      c_has_the_sources: 'passed',
      d_skips: 'skipped',
      e_fails: 'failed',
      f_hangs: 'timed out',
      g_sends_what_nobody_may: 'failed',
      profile: 'passed',
      profile_ecc: 'passed',
    });
    assert.equal(code, 1);
    assert.match(readFileSync(path.join(folder, 'logs', 'e_fails.log'), 'utf8'), /why/);
  });

  it('keeps the TPM on request, and grants administrators what the suite needs', async () => {
    const { code, outcomes } = await suite('--tpm', 'same', '--grant', '--only', '^[abg]_');
    assert.deepEqual(outcomes, {
      a_uses_the_broker: 'passed',
      b_finds_a_new_tpm: 'failed',
      g_sends_what_nobody_may: 'passed',
    });
    assert.equal(code, 1);
  });

  it('explains its usage, and reports what is missing', async () => {
    const unknown = await run(process.execPath, ['tests/suites/run.mjs', 'tpm3-tools', '.']);
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /SOURCE-TREE/);
    const unbuilt = await run(process.execPath, ['tests/suites/run.mjs', 'tpm2-abrmd', folder]);
    assert.equal(unbuilt.code, 2);
    assert.match(unbuilt.stderr, /is not built; in it, run: .*configure/);
  });
});
