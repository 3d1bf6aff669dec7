/** Tests that an error names the authorization that the TPM rejected, which is not always the owner authorization. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Caller } from '../../../ts-core/domain/caller.js';
import type { PolicySettings } from '../../../ts-core/domain/policy/settings.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { invalidateDelegationFamily } from '../../../ts-core/domain/tpm12/delegation.js';
import { createEndorsementKeyPair, takeOwnership } from '../../../ts-core/domain/tpm12/ownership.js';
import { type Machine, startMachine } from '../../support/owner-auth-machine.js';
import { type Swtpm, startSwtpm } from '../../support/swtpm.js';
import { crypto, OWNER_SECRET, run, secret, TpmConnection } from '../../support/tpm12-client.js';

const ROOT: Caller = { userKey: 'uid:0', callerClass: 'administrator' };

describe('a rejected authorization that is not the owner’s', function () {
  this.timeout(60_000);
  let tpm: Swtpm;
  let folder: string;

  async function prepare(version: TpmVersion): Promise<void> {
    tpm = await startSwtpm({ version, startup: true });
    folder = mkdtempSync(join(tmpdir(), 'owner-auth-'));
  }
  afterEach(async () => {
    await tpm.stop();
    rmSync(folder, { recursive: true });
  });

  const start = (settings: Partial<PolicySettings> = {}): Promise<Machine> =>
    startMachine({ version: tpm.version, tpmSocket: tpm.dataPath, folder, settings });
  const tool = (program: string, ...args: string[]) =>
    execFileSync(program, args, { cwd: folder, env: { ...process.env, TPM2TOOLS_TCTI: tpm.tcti } });

  it('is named as the storage root key’s on a TPM 1.2 whose key has its own secret', async () => {
    await prepare('1.2');
    {
      await using connection = await TpmConnection.open(tpm.dataPath);
      await run(createEndorsementKeyPair(crypto), connection.transmit);
      const secrets = { ownerSecret: OWNER_SECRET, srkSecret: secret('of the storage root key') };
      await run(takeOwnership(crypto, secrets), connection.transmit);
    }
    await using machine = await start();
    await assert.rejects(machine.owner.ownerAuth.import(ROOT, OWNER_SECRET), {
      symbol: 'TBS_E_PROVISIONING_INCOMPLETE',
      message: /^The storage root key of the TPM has a secret of its own/,
      details: { responseCode: 1, tried: true, reason: 'storageRootKeySecret' },
    });
    await assert.rejects(machine.owner.ownerAuth.import(ROOT, secret('wrong')), { symbol: 'TPM_E_AUTHFAIL' });
  });

  it('is named as the storage root key’s on a TPM 2.0 whose key has its own authorization', async () => {
    await prepare('2.0');
    tool('tpm2_createprimary', '-Q', '-C', 'o', '-p', 'secret', '-c', 'key.ctx');
    tool('tpm2_evictcontrol', '-Q', '-C', 'o', '-c', 'key.ctx', '0x81000001');
    await using machine = await start();
    await assert.rejects(machine.owner.provisioning.initialize(ROOT), {
      symbol: 'TBS_E_PROVISIONING_INCOMPLETE',
      message: /^The storage root key of the TPM has a secret of its own/,
    });
  });

  it('is named as the stored delegation of a TPM 1.2', async () => {
    await prepare('1.2');
    const known = new Uint8Array(20).fill(9);
    await using machine = await start({ osManagedAuthLevel: 4 });
    await machine.owner.provisioning.initialize(ROOT);
    await machine.owner.ownerAuth.set(ROOT, undefined, known);
    machine.owner.coordinator.parts.secrets.wipe('owner');
    const { family } = machine.owner.coordinator.parts.records.current;
    await machine.raw(invalidateDelegationFamily(crypto, known, family?.id ?? 0));
    await assert.rejects(machine.owner.ownerAuth.unblock(ROOT, undefined), { message: /delegation that is stored/ });
  });

  it('is named as the storage hierarchy’s if provisioning makes a key persistent', async () => {
    await prepare('2.0');
    let stored: Uint8Array;
    {
      await using machine = await start();
      await machine.owner.provisioning.initialize(ROOT, { closeHierarchies: true });
      stored = await machine.owner.ownerAuth.get(ROOT, 13);
    }
    const value = `hex:${Buffer.from(stored).toString('hex')}`;
    tool('tpm2_evictcontrol', '-Q', '-C', 'o', '-P', value, '-c', '0x81010001');
    tool('tpm2_changeauth', '-c', 'owner', '-p', value, 'other');
    await using machine = await start();
    await assert.rejects(machine.owner.provisioning.initialize(ROOT), {
      symbol: 'TPM_20_E_AUTH_FAIL',
      message: 'The TPM rejected the stored authorization of the storage hierarchy.',
    });
  });
});
