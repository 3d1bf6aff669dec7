/** Tests tbsd on the command line: options, messages, exit codes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '../support/daemon.js';

describe('tbsd', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tbsd-command-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function tbsd(...args: string[]) {
    return spawnSync(process.execPath, [join(REPOSITORY, 'bin', 'tbsd.js'), ...args], {
      encoding: 'utf8',
      timeout: 20_000,
    });
  }

  it('shows its options with --help, and its version', () => {
    const help = tbsd('--help');
    assert.equal(help.status, 0);
    assert.match(help.stdout, /^tbsd \[--config FILE\] \[--system\]\n.*Exit codes: 0 stopped, 64 /s);
    assert.match(tbsd('--version').stdout, /^\d+\.\d+\.\d+\n$/);
  });

  it('refuses wrong usage in two lines, with exit code 64', () => {
    for (const args of [['--nonsense'], ['--config'], ['stray']]) {
      const { status, stderr } = tbsd(...args);
      assert.equal(status, 64, args.join(' '));
      assert.match(stderr, /^tbsd: .*\n {2}See `tbsd --help`\.\n$/, args.join(' '));
    }
  });

  it('names an invalid configuration file and what is wrong in it, with exit code 78', () => {
    const file = join(folder, 'tbsd.json');
    assert.match(tbsd('--config', file).stderr, new RegExp(`^tbsd: ${file}: does not exist\n$`));
    writeFileSync(file, '{"nonsense": 1}', { mode: 0o600 });
    const { status, stderr } = tbsd('--config', file);
    assert.equal(stderr, `tbsd: ${file}: unknown setting "nonsense"\n`);
    assert.equal(status, 78);
  });
});
