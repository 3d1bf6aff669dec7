/** Tests tools/pester.mjs with the real Pester: its counts, and that a run without proof of success fails. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Run, run } from '../support/run-program.js';

interface Result {
  readonly runner: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly notRun: number;
  readonly complete: boolean;
  readonly files: readonly {
    readonly failures: readonly { readonly message: string }[];
    readonly tests: readonly { readonly name: string; readonly reason: string; readonly failures: unknown[] }[];
  }[];
}

const MIXED = `
Describe 'sums' {
    It 'pass' -Tag Kept { 1 + 1 | Should -Be 2 }
    It 'fail' { 1 + 1 | Should -Be 3 }
    It 'are skipped' { Set-ItResult -Skipped -Because 'it is Tuesday' }
    It 'prove nothing' { Set-ItResult -Inconclusive -Because 'nobody knows' }
}
Describe 'a teardown' {
    AfterAll { throw 'no teardown' }
    It 'passes' { }
}`;

describe('tools/pester.mjs', function () {
  this.timeout(120_000);

  let folder: string;

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pester-tool-'));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  function file(name: string, text: string): string {
    const full = path.join(folder, `${name}.Tests.ps1`);
    fs.writeFileSync(full, text);
    return full;
  }

  async function pester(...args: string[]): Promise<Run & { result: Result }> {
    const json = path.join(folder, 'result.json');
    fs.rmSync(json, { force: true });
    const done = await run(process.execPath, ['tools/pester.mjs', '--json', json, ...args]);
    return { ...done, result: JSON.parse(fs.readFileSync(json, 'utf8')) as Result };
  }

  const counts = ({ passed, failed, skipped, notRun }: Result) => ({ passed, failed, skipped, notRun });

  for (const [option, runner] of [
    [[], /^Pester [6-9]\./],
    [['--pester', '5'], /^Pester 5\./],
  ] as const) {
    it(`counts what passed, failed and was skipped (${['pester.mjs', ...option].join(' ')})`, async () => {
      const broken = file('Broken', "throw 'discovery broke'");
      const files = [file('Mixed', MIXED), file('Empty', '# nothing'), broken];
      const { code, result, stdout } = await pester(...option, ...files);
      assert.match(result.runner, runner);
      assert.equal(code, 1);
      assert.deepEqual(counts(result), { passed: 2, failed: 5, skipped: 1, notRun: 0 }, stdout);
      const [{ tests, failures } = { tests: [], failures: [] }, ...others] = result.files;
      assert.match(others[0]?.failures[0]?.message ?? '', /The file has no test\./);
      assert.match(others[1]?.failures[0]?.message ?? '', /discovery broke/);
      assert.match(JSON.stringify(tests.find(({ name }) => name === 'sums.fail')?.failures), /Expected 3, but got 2/);
      assert.match(tests.find(({ name }) => name === 'sums.are skipped')?.reason ?? '', /Tuesday/);
      assert.match(failures[0]?.message ?? '', /no teardown/);
    });
  }

  it('counts tests that a filter leaves out as not run, and fails if it leaves none', async () => {
    const kept = await pester('--tag', 'Kept', file('Mixed', MIXED));
    assert.deepEqual(counts(kept.result), { passed: 1, failed: 0, skipped: 0, notRun: 4 });
    assert.equal(kept.code, 0);
    assert.equal((await pester('--tag', 'NoSuchTag', file('Mixed', MIXED))).code, 1);
  });

  it('fails when a test ends the process', async () => {
    const { code, result, stderr } = await pester(file('Exit', "Describe 'a' { It 'b' { [Environment]::Exit(0) } }"));
    assert.deepEqual([code, result.failed, result.complete], [1, 1, false]);
    assert.match(stderr, /does a test file call exit/);
  });
});
