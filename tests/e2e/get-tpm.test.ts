/** Tests the result of `tpm/get` when the TPM has a fault. */
import assert from 'node:assert/strict';
import type { Tpm } from '../../ts-core/endpoints/rpc/protocol/tpm.js';
import { TestDaemon } from '../support/daemon.js';
import { startSwtpm } from '../support/swtpm.js';

const WRONG = Buffer.alloc(20, 9).toString('base64');

describe('tpm/get', function () {
  this.timeout(60_000);

  it('reports that no TPM is present while none can be reached, as on Windows, and shows it when it is back', async () => {
    await using tpm = await startSwtpm({ version: '2.0' });
    await using daemon = await TestDaemon.start({
      configuration: { transport: { kind: 'swtpm', swtpm: { data: `unix:${tpm.dataPath}` } } },
    });
    const client = await daemon.connect();
    await client.call('tpm/initialize');
    const present = await client.call<Tpm>('tpm/get');
    assert.deepEqual([present.tpmPresent, present.tpmReady, present.tpmOwned], [true, true, true]);
    await tpm.kill();
    const { autoProvisioning, managedAuthLevel, ...rest } = await client.call<Tpm>('tpm/get');
    assert.deepEqual([autoProvisioning, managedAuthLevel], ['NotDefined', 'Full'], 'the broker’s own values');
    assert.deepEqual(rest, {
      ...{ tpmPresent: false, tpmReady: false, tpmEnabled: false, tpmActivated: false, tpmOwned: false },
      ...{ restartPending: false, manufacturerId: 0, manufacturerIdTxt: '', manufacturerVersion: '' },
      ...{ manufacturerVersionFull20: '', ownerAuth: null, ownerClearDisabled: false, lockedOut: false },
      ...{ lockoutAuthBlocked: false, lockoutAuthBlockedUntil: null, lockoutHealTime: '', lockoutCount: 0 },
      ...{ lockoutMax: null, selfTest: [] },
    });
    await tpm.start();
    assert.equal((await client.call<Tpm>('tpm/get')).tpmPresent, true);
    client.close();
  });

  it('shows that the lockout authorization is blocked, and until when, separately from the lockout of everything else', async () => {
    await using daemon = await TestDaemon.start();
    const client = await daemon.connect();
    await client.call('tpm/initialize');
    await assert.rejects(client.call('tpm/unblock', { ownerAuth: WRONG }));
    const { lockoutAuthBlocked, lockoutAuthBlockedUntil, lockedOut, lockoutCount, lockoutHealTime } =
      await client.call<Tpm>('tpm/get');
    assert.deepEqual([lockoutAuthBlocked, lockedOut, lockoutCount, lockoutHealTime], [true, false, 0, '10 minutes']);
    const hours = (Date.parse(lockoutAuthBlockedUntil ?? '') - Date.now()) / 3_600_000;
    assert.ok(hours > 23.9 && hours < 24.1, `${hours} hours`);
    const parameters = await client.call<Tpm>('tpmLockoutParameters/get');
    assert.equal(parameters.lockoutAuthBlocked, true);
    client.close();
  });
});
