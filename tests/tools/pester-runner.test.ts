import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { powerShellHost, type Run, repositoryRoot, run } from './powershell-process.js';

interface TestResult {
  name: string;
  result: 'passed' | 'failed' | 'skipped' | 'notrun';
  reason: string;
  failures: { stage: string; message: string; where: string }[];
}

interface Result {
  passed: number;
  failed: number;
  skipped: number;
  notRun: number;
  complete: boolean;
  files: { path: string; failures: { stage: string; message: string }[]; tests: TestResult[] }[];
}

describe('tools/pester-runner', function () {
  this.timeout(60_000);

  let folder: string;

  before(async function () {
    this.timeout(300_000);
    await powerShellHost();
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pester-runner-'));
  });

  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  async function pester(...args: string[]): Promise<Run & { result: Result }> {
    const json = path.join(folder, 'result.json');
    fs.rmSync(json, { force: true });
    const env = { TPMTBS_POWERSHELL_HOST: '1' };
    const done = await run(process.execPath, ['tools/pester.mjs', '--runner', '--json', json, ...args], { env });
    return { ...done, result: JSON.parse(fs.readFileSync(json, 'utf8')) as Result };
  }

  const sample = (name: string): string =>
    path.join(repositoryRoot, 'tools', 'pester-runner', 'tests', `${name}.Tests.ps1`);

  function counts({ passed, failed, skipped, notRun }: Result): number[] {
    return [passed, failed, skipped, notRun];
  }

  function test(result: Result, name: string): TestResult {
    const found = result.files.flatMap((file) => file.tests).find((candidate) => candidate.name === name);
    assert.ok(found, `there is no test '${name}'`);
    return found;
  }

  it('passes what Pester passes', async () => {
    const { code, result, stdout } = await pester(sample('Passing'));
    assert.deepEqual(counts(result), [37, 0, 0, 0], stdout);
    assert.equal(code, 0);
    assert.ok(test(result, 'data.fills three of size 5 into name and body'));
    assert.match(stdout, /\[\+\] fills one of size 3/);
  });

  it('fails what must fail, and says what and where', async () => {
    const { code, result, stdout } = await pester(sample('Failing'));
    assert.deepEqual(counts(result), [3, 16, 1, 0], stdout);
    assert.equal(code, 1);
    const failed = (name: string): string => {
      const found = test(result, name);
      assert.equal(found.result, 'failed');
      return `${found.failures[0]?.message}\n${found.failures[0]?.where}`;
    };
    assert.match(
      failed('assertions.fails on a wrong value'),
      /Expected 3, because sums are exact, but got 2\.\n.*Failing\.Tests\.ps1: line 4/,
    );
    assert.match(failed('assertions.fails on a wrong string'), /Expected 'abxd', but got 'abcd' .*index 2/);
    assert.match(failed('assertions.fails when nothing is thrown'), /an exception, but got none/);
    assert.match(failed('assertions.fails on the wrong error'), /FullyQualifiedErrorId 'that', but got .*'this'/);
    assert.match(failed('assertions.fails on an exception'), /InvalidOperationException: on purpose/);
    assert.match(failed('assertions.fails on a negated assertion'), /Expected not 'x', but got 'x'/);
    assert.match(failed('assertions.fails when left by break'), /rest did not run/);
    assert.match(failed('assertions.fails when inconclusive'), /nobody knows/);
    assert.match(failed('setup that fails.below.cannot run either'), /no setup/);
    assert.match(failed('BeforeEach that fails.cannot start'), /no start/);
    assert.match(failed('AfterEach that fails.cannot end'), /no end/);
    assert.equal(test(result, 'setup that fails.below.stays skipped').result, 'skipped');
    assert.match(result.files[0]?.failures[0]?.message ?? '', /no teardown/);
  });

  it('counts what is skipped and keeps the reasons', async () => {
    const { code, result } = await pester(sample('Skipped'));
    assert.deepEqual(counts(result), [1, 0, 3, 0]);
    assert.equal(code, 0);
    assert.match(test(result, 'skipping.is skipped by itself').reason, /it is Tuesday/);
  });

  it('counts what a filter leaves out as not run', async () => {
    assert.deepEqual(counts((await pester('--tag', 'Kept', sample('Skipped'))).result), [1, 0, 0, 3]);
    assert.deepEqual(counts((await pester('--exclude-tag', 'Kept', sample('Skipped'))).result), [0, 0, 3, 1]);
  });

  it('fails when a filter leaves nothing to run', async () => {
    assert.equal((await pester('--tag', 'NoSuchTag', sample('Skipped'))).code, 1);
  });

  it('fails a file without a test', async () => {
    const { code, result, stdout } = await pester(sample('Empty'), sample('Skipped'));
    assert.deepEqual([code, result.failed], [1, 1]);
    assert.match(stdout, /The file has no test\./);
  });

  it('fails a file that breaks while it is discovered, with every test found until then', async () => {
    const { code, result, stdout } = await pester(sample('Broken'));
    assert.deepEqual(counts(result), [0, 2, 0, 0]);
    assert.equal(code, 1);
    assert.match(stdout, /discovery broke/);
  });

  it('fails when a test ends the process', async () => {
    const file = path.join(folder, 'Exit.Tests.ps1');
    fs.writeFileSync(file, "Describe 'a' { It 'b' { exit 0 } }");
    const { code, result, stderr } = await pester(file);
    assert.deepEqual([code, result.failed, result.complete], [1, 1, false]);
    assert.match(stderr, /does a test file call exit/);
  });
});
