import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { REPOSITORY } from '../support/daemon.js';

interface FailedTest {
  name: string;
  message: string;
}

interface FailedTests {
  failedTestLines(parts: { name: string; failures: FailedTest[] }[]): string[];
  failuresOfPester(document: unknown): FailedTest[];
  failuresOfCtest(output: string): FailedTest[];
}

const tools = path.join(REPOSITORY, 'tools');

describe('the failed tests at the end of npm test', () => {
  let failed: FailedTests;

  before(async () => {
    failed = (await import(pathToFileURL(path.join(tools, 'failed-tests.mjs')).href)) as FailedTests;
  });

  it('says nothing when nothing failed', () => {
    assert.deepEqual(failed.failedTestLines([{ name: 'mocha', failures: [] }]), []);
  });

  it('names the part and the test, with the first lines of the error', () => {
    const message = Array.from({ length: 50 }, (_, index) => `line ${index}`).join('\n');
    const lines = failed.failedTestLines([
      { name: 'mocha', failures: [{ name: 'the filter refuses', message }] },
      { name: 'Pester', failures: [{ name: 'Get-Tpm.shows it', message: 'Expected 1, but got 2.' }] },
    ]);
    assert.ok(lines.includes('  mocha: the filter refuses'));
    assert.ok(lines.includes('      line 0'));
    assert.ok(!lines.includes('      line 20'));
    assert.deepEqual(lines.slice(-2), ['  Pester: Get-Tpm.shows it', '      Expected 1, but got 2.']);
  });

  it('lists the failures of Pester tests, and of files outside any test', () => {
    const test = { name: 'a.b', result: 'failed', failures: [{ message: 'no', where: 'at X.Tests.ps1: line 3' }] };
    const passed = { name: 'a.c', result: 'passed', failures: [] };
    const files = [
      { path: 'X.Tests.ps1', failures: [{ stage: 'Discovery', message: 'broken', where: '' }], tests: [test, passed] },
    ];
    assert.deepEqual(failed.failuresOfPester({ files }), [
      { name: 'X.Tests.ps1 (Discovery)', message: 'broken\n' },
      { name: 'a.b', message: 'no\nat X.Tests.ps1: line 3' },
    ]);
  });

  it('lists the failures from ctest’s own list', () => {
    const output = 'The following tests FAILED:\n\t  2 - tcti (Failed)\n\t 13 - libtbs (Timeout)\n';
    assert.deepEqual(failed.failuresOfCtest(output), [
      { name: 'tcti', message: 'Failed' },
      { name: 'libtbs', message: 'Timeout' },
    ]);
  });

  it('lists mocha’s failures, those of hooks included, through its reporter', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tpmtbs-reporter-'));
    try {
      const file = path.join(folder, 'sample.cjs');
      fs.writeFileSync(
        file,
        "describe('a', () => { it('b', () => { throw new Error('why'); }); it('c', () => {}); });\n" +
          "describe('d', () => { before(() => { throw new Error('no set-up'); }); it('e', () => {}); });\n",
      );
      const counts = path.join(folder, 'counts.json');
      const mocha = path.join(REPOSITORY, 'node_modules', 'mocha', 'bin', 'mocha.js');
      const args = [mocha, '--no-config', '--reporter', path.join(tools, 'mocha-reporter.cjs'), file];
      const { status } = spawnSync(process.execPath, args, { env: { ...process.env, TPMTBS_TEST_COUNTS: counts } });
      assert.equal(status, 2);
      const written = JSON.parse(fs.readFileSync(counts, 'utf8')) as { failures: FailedTest[] };
      assert.deepEqual(
        written.failures.map(({ name, message }) => [name, message.split('\n')[0]]),
        [
          ['a b', 'why'],
          ['d "before all" hook for "e"', 'no set-up'],
        ],
      );
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });
});
