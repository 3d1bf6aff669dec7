/**
 * Tests trousers with the real broker: tcsd is one caller for all its users, of the class of the user who opened its
 * connection.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { TestDaemon } from '../support/daemon.js';
import { startTcsd, type Tcsd } from '../support/tcsd.js';

describe('tcsd with the broker', function () {
  this.timeout(60_000);
  let daemon: TestDaemon;
  let tcsd: Tcsd;
  let folder: string | undefined;

  before(function () {
    if (process.getuid?.() !== 0) this.skip(); // tcsd must be started by root, and becomes tss
  });
  afterEach(async () => {
    await tcsd?.stop();
    await daemon?.[Symbol.asyncDispose]();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  it('is the standard user tss over TCP, who may not create an endorsement key', async () => {
    const port = 20_000 + Math.floor(Math.random() * 20_000);
    const simulator = { bare: `tcp:127.0.0.1:${port}` };
    daemon = await TestDaemon.start({ tpmVersion: '1.2', configuration: { simulator } });
    tcsd = await startTcsd({ port });
    assert.match(await tcsd.run('tpm_version'), /TPM 1\.2 Version Info/);
    await assert.rejects(tcsd.run('tpm_createek'), /0x00000400/);
    const refused = (await daemon.auditLines()).find(({ kind }) => kind === 'commandRefused');
    assert.equal(refused?.['userKey'], `uid:${tcsd.uid}`);
    assert.equal(refused?.['callerClass'], 'standardUser');
  });

  it('is root over a Unix socket, since root opened its device, and takes ownership', async () => {
    folder = await mkdtemp(join(tmpdir(), 'tbs-tcsd-'));
    const path = join(folder, 'bare.sock');
    daemon = await TestDaemon.start({ tpmVersion: '1.2', configuration: { simulator: { bare: `unix:${path}` } } });
    for (let tries = 0; tries < 100 && !(await stat(path).catch(() => undefined)); tries++) await wait(20);
    tcsd = await startTcsd({ path });
    await tcsd.run('tpm_createek');
    await tcsd.run('tpm_takeownership', '-y', '-z');
    assert.match(await tcsd.run('tpm_getpubek', '-z'), /Public Endorsement Key/);
    assert.match(
      await tcsd.run('tpm_nvdefine', '-i', '1', '-s', '4', '-p', 'OWNERWRITE', '-z', '-y'),
      /Successfully created/,
    );
  });
});
