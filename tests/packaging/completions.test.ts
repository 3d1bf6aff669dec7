import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '../support/daemon.js';

describe('the completion scripts', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tpmtbs-completion-'));
    const program = `#!/bin/sh\nexec '${process.execPath}' '${join(REPOSITORY, 'bin', 'tbs.js')}' "$@"\n`;
    writeFileSync(join(folder, 'tbs'), program, { mode: 0o755 });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function script(shell: string): Promise<string> {
    const { completionScript } = await import(new URL('../../../packaging/completions.mjs', import.meta.url).href);
    const file = join(folder, `completion.${shell}`);
    writeFileSync(file, completionScript(shell));
    return file;
  }

  it('work in bash, even for a user whose login shell is zsh', async () => {
    const lines = [
      `source '${await script('bash')}'`,
      'COMP_WORDS=(tbs block "")',
      'COMP_CWORD=2',
      '_tbs_yargs_completions',
      'printf "%s\\n" "$' + '{COMPREPLY[@]}"',
    ];
    const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}`, SHELL: '/bin/zsh', ZSH_NAME: 'zsh' };
    const answer = execFileSync('bash', ['-c', lines.join('\n')], { env, encoding: 'utf8' });
    assert.deepEqual(answer.trim().split('\n').sort(), ['add', 'list', 'remove', 'test']);
  });

  it('are found and accepted by zsh', async function () {
    const file = await script('zsh');
    assert.match(execFileSync('head', ['-1', file], { encoding: 'utf8' }), /^#compdef tbs$/m);
    if (spawnSync('zsh', ['--version']).status !== 0) {
      console.log('        (zsh is not installed)');
      this.skip();
    }
    execFileSync('zsh', ['-n', file]);
  });
});
