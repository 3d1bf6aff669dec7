/** Tests the TPM 1.2 command exchanges with a real software TPM, without a broker. */
import assert from 'node:assert/strict';
import { openDsap } from '../../ts-core/domain/tpm12/authorization-sessions.js';
import { ResponseForgedError, runCommand } from '../../ts-core/domain/tpm12/authorized-command.js';
import { OWNER_PERMISSIONS, TPM_ET, TPM_KH, TPM_ORD, TPM_RESULT } from '../../ts-core/domain/tpm12/codes.js';
import {
  createDelegationFamily,
  createOwnerDelegation,
  enableDelegationFamily,
  loadOwnerDelegation,
} from '../../ts-core/domain/tpm12/delegation.js';
import { resetLockValue } from '../../ts-core/domain/tpm12/dictionary-attack.js';
import { changeOwnerSecret, ownerClear } from '../../ts-core/domain/tpm12/ownership.js';
import { seal, unseal } from '../../ts-core/domain/tpm12/sealed-data.js';
import { type Swtpm, startSwtpm } from '../support/swtpm.js';
import {
  codeOf,
  crypto,
  OWNER_SECRET,
  provision,
  run,
  SRK_SECRET,
  secret,
  TpmConnection,
} from '../support/tpm12-client.js';

describe('TPM 1.2 commands on a software TPM', function () {
  this.timeout(60_000);
  let tpm: Swtpm;
  let connection: TpmConnection;

  before(async () => {
    tpm = await startSwtpm({ version: '1.2', startup: true });
    connection = await TpmConnection.open(tpm.dataPath);
    await provision(connection.transmit);
  });
  after(async () => {
    await connection[Symbol.asyncDispose]();
    await tpm.stop();
  });

  it('seals data, and unseals it only with its secret', async () => {
    const srk = { handle: TPM_KH.SRK, secret: SRK_SECRET };
    const data = new TextEncoder().encode('kept by the TPM');
    const blob = await run(seal(crypto, srk, data, secret('data')), connection.transmit);
    assert.deepEqual(await run(unseal(crypto, srk, blob, secret('data')), connection.transmit), data);
    assert.equal(await codeOf(unseal(crypto, srk, blob, secret('guess')), connection.transmit), TPM_RESULT.AUTH2FAIL);
  });

  it('resets the dictionary-attack protection as the owner', async () => {
    assert.equal(await codeOf(resetLockValue(crypto, OWNER_SECRET), connection.transmit), 0);
    assert.equal(await codeOf(resetLockValue(crypto, secret('not the owner')), connection.transmit), 1);
  });

  it('delegates an owner command to another secret', async () => {
    const family = await run(createDelegationFamily(crypto, OWNER_SECRET, 0x44), connection.transmit);
    await run(enableDelegationFamily(crypto, OWNER_SECRET, family, true), connection.transmit);
    const delegation = {
      label: 1,
      permissions: OWNER_PERMISSIONS.resetLockValue,
      familyId: family,
      verificationCount: 1,
    };
    const blob = await run(
      createOwnerDelegation(crypto, OWNER_SECRET, delegation, secret('delegate')),
      connection.transmit,
    );
    await run(loadOwnerDelegation(crypto, OWNER_SECRET, 0, blob), connection.transmit);
    const asDelegate = function* (ordinal: number) {
      const session = yield* openDsap(crypto, {
        type: TPM_ET.DEL_OWNER_BLOB,
        keyHandle: 0,
        value: blob,
        secret: secret('delegate'),
      });
      yield* runCommand(crypto, { ordinal }, [{ session }]);
    };
    assert.equal(await codeOf(asDelegate(TPM_ORD.ResetLockValue), connection.transmit), 0);
    assert.equal(await codeOf(asDelegate(TPM_ORD.OwnerClear), connection.transmit), 1, 'this command is not delegated');
  });

  it('notices a response that the TPM did not authenticate', async () => {
    const forging = async (command: Uint8Array) => {
      const response = await connection.transmit(command);
      if (response.length > 40) response[response.length - 1] = (response[response.length - 1] ?? 0) ^ 1;
      return response;
    };
    await assert.rejects(run(resetLockValue(crypto, OWNER_SECRET), forging), ResponseForgedError);
  });

  it('changes the owner authorization and clears the TPM with the new one', async () => {
    await run(changeOwnerSecret(crypto, OWNER_SECRET, secret('new owner')), connection.transmit);
    assert.equal(await codeOf(ownerClear(crypto, OWNER_SECRET), connection.transmit), 1);
    assert.equal(await codeOf(ownerClear(crypto, secret('new owner')), connection.transmit), 0);
  });
});
