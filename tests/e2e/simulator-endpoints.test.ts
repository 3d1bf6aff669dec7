/** Tests the real broker with unmodified programs that can only use a simulator. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TestDaemon } from '../support/daemon.js';

const run = promisify(execFile);
const ORDINARY_USER = ['--reuid=12345', '--regid=12345', '--clear-groups', '--'];

describe('simulator endpoints of the broker', function () {
  this.timeout(60_000);
  let folder: string;
  let daemon: TestDaemon;
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const address = (name: string) => `unix:${join(folder, name)}`;

  before(async function () {
    if (process.getuid?.() !== 0) return this.skip(); // the tests run tools as a second user
    folder = await mkdtemp(join(tmpdir(), 'tbs-sim-'));
    await chmod(folder, 0o777);
    const simulator = {
      swtpm: { data: address('s'), control: address('s.ctrl') },
      mssim: { command: `tcp:127.0.0.1:${port}`, platform: `tcp:127.0.0.1:${port + 1}` },
    };
    daemon = await TestDaemon.start({ configuration: { simulator } });
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const tctis = [
    { name: 'swtpm', tcti: () => `swtpm:path=${join(folder, 's')}` },
    { name: 'mssim', tcti: () => `mssim:host=127.0.0.1,port=${port}` },
  ];
  for (const { name, tcti } of tctis) {
    for (const asRoot of [true, false]) {
      const tool = (...command: readonly string[]) => {
        const [program = '', ...args] = asRoot ? command : ['setpriv', ...ORDINARY_USER, ...command];
        return run(program, args, { cwd: folder, env: { ...process.env, TPM2TOOLS_TCTI: tcti(), HOME: folder } });
      };
      const who = asRoot ? 'an administrator' : 'a standard user';
      const context = `${name}-${asRoot}.ctx`;

      it(`serve the ${name} TCTI for ${who}: more keys than a TPM holds, without flushing`, async () => {
        for (let count = 0; count < 4; count++) await tool('tpm2_createprimary', '-Q', '-G', 'ecc', '-c', context);
        const { stdout } = await tool('tpm2_readpublic', '-c', context);
        assert.match(stdout, /ecc/);
        assert.equal((await tool('tpm2_getcap', 'handles-transient')).stdout.trim(), '');
      });

      it(`${asRoot ? 'let' : 'do not let'} ${who} clear the TPM over the ${name} TCTI`, async () => {
        const clearing = tool('tpm2_clear', '-c', 'platform');
        if (asRoot) await clearing;
        else await assert.rejects(clearing, /0xC0143|resource manager|blocked|0xc0143/i);
      });
    }
  }
});
