/** Tests examples/tour.ps1, which `npm start` runs, against the output in README.md. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { canBecomeOthers } from '../support/as-user.js';
import { REPOSITORY, TestDaemon } from '../support/daemon.js';
import { findPowerShell } from '../support/powershell.js';

const run = promisify(execFile);
const GUESSES = { wrong: [1, 2, 3, 4], refused: [5, 6] };

describe('the tour', function () {
  this.timeout(120_000);

  async function tour(daemon: TestDaemon): Promise<string> {
    const { path } = await findPowerShell();
    const args = ['-NoProfile', '-NonInteractive', '-File', join(REPOSITORY, 'examples', 'tour.ps1')];
    const env = { ...process.env, TPMTBS_SOCKET: daemon.rpcSocket, TPMTBS_NODE: process.execPath, NO_COLOR: '1' };
    const { stdout, stderr } = await run(path, args, { env });
    assert.equal(stderr, '');
    return stdout;
  }

  function assertGuesses(output: string): void {
    if (!canBecomeOthers()) {
      assert.match(output, /run `npm start` as root to see it/);
      assert.match(output, /This is a test of the event action tour-action/);
      return;
    }
    for (const number of GUESSES.wrong) assert.match(output, new RegExp(`guess ${number}: wrong `));
    for (const number of GUESSES.refused) assert.match(output, new RegExp(`guess ${number}: refused `));
    assert.match(output, /uid:1 \(daemon\): 4 failures, locked out until/);
    assert.match(output, /notes\.txt\nlockoutBegan of uid:1: Authorized commands of this user are refused until/);
  }

  it('prints on a TPM 2.0 what README.md shows', async () => {
    await using daemon = await TestDaemon.start();
    const output = await tour(daemon);
    assertGuesses(output);
    for (const excerpt of readmeExcerpts()) {
      if (/guesses|notes\.txt/.test(excerpt) && !canBecomeOthers()) continue;
      assert.ok(
        comparable(output).includes(comparable(excerpt)),
        `README.md shows this, but the tour does not print it:\n${excerpt}`,
      );
    }
  });

  it('prints the same on a TPM 1.2', async () => {
    await using daemon = await TestDaemon.start({ tpmVersion: '1.2' });
    const tool = pathToFileURL(join(REPOSITORY, 'tools', 'own-tpm12.mjs')).href;
    const { ownTpm12 } = (await import(tool)) as { ownTpm12(socket: string): Promise<void> };
    await ownTpm12(daemon.rpcSocket);
    const output = await tour(daemon);
    assertGuesses(output);
    assert.match(output, /PS> Test-TbsCommandBlock TPM_OwnerClear -Class StandardUser\s+Name +: TPM_OwnerClear/);
    assert.match(output, /^refused: TbsCommandBlocked,/m);
  });
});

/** Returns the indented blocks under "Try it", each from one prompt or heading to the next. */
function readmeExcerpts(): readonly string[] {
  const section = readFileSync(join(REPOSITORY, 'README.md'), 'utf8')
    .split(/^## /m)
    .find((text) => /^Try it\n/.test(text));
  const output = (section ?? '').slice((section ?? '').indexOf('    PS> '));
  const excerpts = output.split(/^(?= {4}(?:PS> |the user ))/m);
  assert.ok(excerpts.length > 2, `found ${excerpts.length}`);
  return excerpts;
}

/** Removes what differs between runs and between widths of the terminal. */
function comparable(text: string): string {
  return text
    .replace(/\s+/g, '')
    .replace(/80010000001400000000\d{4}[0-9A-F]{16}/g, '')
    .replace(/[\d.]+ms/g, '')
    .replace(/pageof\d+KB/g, 'page')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '');
}
