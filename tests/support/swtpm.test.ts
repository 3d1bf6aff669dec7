import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startSwtpm } from './swtpm.js';

const run = promisify(execFile);

describe('startSwtpm', () => {
  for (const tcp of [false, true]) {
    it(`starts a TPM 2.0 that Debian’s tools reach over ${tcp ? 'TCP' : 'a Unix socket'}, and restarts it`, async () => {
      await using tpm = await startSwtpm({ version: '2.0', tcp, startup: true });
      const environment = { env: { ...process.env, TPM2TOOLS_TCTI: tpm.tcti } };
      assert.match((await run('tpm2_getrandom', ['--hex', '8'], environment)).stdout, /^[0-9a-f]{16}$/);
      const before = tpm.pid;
      await tpm.restart();
      assert.notEqual(tpm.pid, before);
      assert.match((await run('tpm2_getrandom', ['--hex', '8'], environment)).stdout, /^[0-9a-f]{16}$/);
    });
  }

  it('starts a TPM 1.2', async () => {
    await using tpm = await startSwtpm({ version: '1.2' });
    assert.ok(tpm.pid > 0);
  });
});
