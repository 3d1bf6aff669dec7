/** Tests the report in a browser. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { policyReport } from '../../../ts-core/application/policy/policy-report.js';
import { explainPolicy } from '../../../ts-core/domain/policy/explain-policy.js';
import { layerOf, mergePolicy } from '../../../ts-core/domain/policy/merge.js';

const CHROMIUM = 'chromium';

describe('the report of policy in Chromium', function () {
  this.timeout(60_000);

  it('loads without an error, on wide and narrow screens', function () {
    // Needs the package chromium; without it, the page is only checked as text.
    if (spawnSync(CHROMIUM, ['--version']).status !== 0) this.skip();
    const folder = mkdtempSync(join(tmpdir(), 'policy-report-'));
    try {
      const page = join(folder, 'report.html');
      writeFileSync(page, report());
      for (const size of ['1200,900', '390,844']) {
        const { status, stdout, stderr } = spawnSync(
          CHROMIUM,
          [
            ...['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${join(folder, 'profile')}`],
            ...['--enable-logging=stderr', `--window-size=${size}`, '--dump-dom', `file://${page}`],
          ],
          { encoding: 'utf8', timeout: 30_000 },
        );
        assert.equal(status, 0, stderr);
        assert.match(stdout, /<h1[^>]*>TPM policy of pc1<\/h1>/);
        assert.doesNotMatch(stderr, /CONSOLE/);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

function report(): string {
  const layers = [layerOf({ kind: 'policyFile', location: '/etc/tpmtbs/policy.d/50-local.json' }, { maxContexts: 6 })];
  const explanations = explainPolicy(mergePolicy(layers, 1), layers);
  return policyReport({ explanations, problems: [], computer: 'pc1', time: new Date(Date.UTC(2026, 0, 1)) });
}
