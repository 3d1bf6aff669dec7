import assert from 'node:assert/strict';
import { KeptSecrets } from '../../../ts-core/application/owner-auth/kept-secrets.js';
import { materialThatIsVoid } from '../../../ts-core/application/owner-auth/verify-kept-material.js';
import type { MaterialName } from '../../../ts-core/domain/owner-auth/kept-material.js';
import { encodePendingChange, type PendingPhase } from '../../../ts-core/domain/owner-auth/pending-change.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import type { Crypto12 } from '../../../ts-core/domain/tpm12/crypto12.js';
import { FakeOwnerTpm } from '../../support/fake-owner-tpm.js';
import { MemoryOwnerAuthFiles } from '../../support/memory-owner-auth-files.js';
import { quietLog } from '../../support/quiet-log.js';

const value = (byte: number) => new Uint8Array(20).fill(byte);
const [OWNER, STORAGE, ENDORSEMENT, OTHER] = [value(0x01), value(0x02), value(0x03), value(0x04)];
const ALL_20: readonly MaterialName[] = ['owner', 'storage', 'endorsement'];
const crypto = { randomBytes: (length: number) => new Uint8Array(length).fill(9) } as unknown as Crypto12;

async function machine(version: TpmVersion) {
  const tpm = new FakeOwnerTpm(OWNER.slice(), version);
  const files = new MemoryOwnerAuthFiles();
  const parts = { files, tpm, crypto, log: quietLog() };
  const secrets = new KeptSecrets(parts);
  const isVoid = async (names: readonly MaterialName[] = ALL_20) =>
    materialThatIsVoid({ tpm, secrets }, await tpm.ownership(), names);
  return {
    ...{ tpm, files, secrets, isVoid },
    /** The broker after a restart: it unseals the key again. */
    restarted: async () => materialThatIsVoid({ tpm, secrets: new KeptSecrets(parts) }, await tpm.ownership(), ALL_20),
  };
}

describe('the material that is stored for a TPM 2.0', () => {
  async function provisioned() {
    const all = await machine('2.0');
    const { tpm, secrets } = all;
    await secrets.put('owner', OWNER);
    await secrets.put('storage', STORAGE);
    await secrets.put('endorsement', ENDORSEMENT);
    Object.assign(tpm.state, { storageAuthSet: true, endorsementAuthSet: true });
    Object.assign(tpm.hierarchyAuths, { storage: STORAGE, endorsement: ENDORSEMENT });
    return all;
  }

  it('is in force if the TPM accepts it, which one try of each shows', async () => {
    const { tpm, isVoid } = await provisioned();
    assert.deepEqual(await isVoid(), []);
    const hierarchies = ['proveHierarchy storage with 0202', 'proveHierarchy endorsement with 0303'];
    assert.deepEqual(tpm.attempts, ['changeOwnerAuth -> 0101 with 0101', ...hierarchies]);
  });

  it('is overwritten once it has been tried', async () => {
    const { tpm, isVoid } = await provisioned();
    await isVoid();
    tpm.auth = OTHER;
    await isVoid();
    assert.equal(tpm.given.length, 6);
    assert.ok(tpm.given.every((bytes) => bytes.every((byte) => byte === 0)));
  });

  it('is not judged by names that only a TPM 1.2 has', async () => {
    const { tpm, isVoid } = await provisioned();
    assert.deepEqual([await isVoid(['userDelegation']), tpm.attempts], [[], []]);
  });

  it('is void where somebody else has set another value', async () => {
    const { tpm, isVoid } = await provisioned();
    tpm.auth = OTHER;
    assert.deepEqual(await isVoid(), ['owner']);
    tpm.auth = OWNER.slice();
    tpm.hierarchyAuths.storage = OTHER;
    assert.deepEqual(await isVoid(), ['storage']);
    tpm.hierarchyAuths.endorsement = OTHER;
    assert.deepEqual(await isVoid(), ['storage', 'endorsement']);
  });

  it('is void without a try where the TPM has no value at all', async () => {
    const { tpm, isVoid } = await provisioned();
    Object.assign(tpm.state, { owned: false, storageAuthSet: false, endorsementAuthSet: false });
    assert.deepEqual([await isVoid(), tpm.attempts], [ALL_20, []]);
  });

  it('is tried only for the names in question', async () => {
    const { tpm, isVoid } = await provisioned();
    assert.deepEqual(await isVoid(['storage']), []);
    assert.deepEqual(tpm.attempts, ['proveHierarchy storage with 0202']);
  });

  it('cannot be void where nothing is stored', async () => {
    const { tpm, secrets, isVoid } = await provisioned();
    for (const name of ALL_20) secrets.wipe(name);
    tpm.auth = OTHER;
    assert.deepEqual([await isVoid(), tpm.attempts], [[], []]);
  });

  it('is void altogether if its key cannot be unsealed any more', async () => {
    const { tpm, restarted } = await provisioned();
    tpm.unseal = async () => Promise.reject(new Error('the TPM was cleared'));
    assert.equal(await restarted(), 'everything');
  });

  it('is not judged while the TPM is locked out or cannot be reached', async () => {
    const locked = await provisioned();
    locked.tpm.isLockedOut = true;
    await assert.rejects(locked.isVoid(), { symbol: 'TPM_20_E_LOCKOUT' });
    const broken = await provisioned();
    broken.tpm.breaks = 'before';
    await assert.rejects(broken.isVoid(), { symbol: 'TBS_E_IOERROR' });
  });

  it('may be the new value of a change that the directory lacks, and is never that of a change in doubt', async () => {
    for (const [phase, attempts] of [
      ['unbacked', ['changeOwnerAuth -> 0404 with 0404']],
      ['committing', ['changeOwnerAuth -> 0404 with 0404']],
      ['changing', []],
      ['changingFromOld', []],
    ] as const satisfies readonly (readonly [PendingPhase, readonly string[]])[]) {
      const { tpm, secrets, isVoid } = await provisioned();
      secrets.wipe('owner');
      await secrets.put('pending', encodePendingChange({ phase, newValue: OTHER, oldValue: OWNER }));
      assert.deepEqual(await isVoid(['owner']), attempts.length === 0 ? [] : ['owner'], phase);
      assert.deepEqual(tpm.attempts, attempts, phase);
    }
  });
});

describe('the material that is stored for a TPM 1.2', () => {
  const ALL_12 = ['owner', 'administratorDelegation', 'userDelegation', 'endorsementDelegation'];

  it('is void altogether if the TPM has no owner', async () => {
    const { tpm, isVoid } = await machine('1.2');
    tpm.state.owned = false;
    assert.equal(await isVoid(), 'everything');
  });

  it('is in force or void as a whole, by one try of the owner’s secret', async () => {
    const { tpm, secrets, isVoid } = await machine('1.2');
    await secrets.put('owner', OWNER);
    await secrets.put('administratorDelegation', Uint8Array.of(7));
    assert.deepEqual(await isVoid(), []);
    tpm.auth = OTHER;
    assert.deepEqual(await isVoid(), ALL_12);
    assert.deepEqual(tpm.attempts, ['changeOwnerAuth -> 0101 with 0101', 'changeOwnerAuth -> 0101 with 0101']);
  });

  it('is judged by the administrators’ delegation where the secret is not stored', async () => {
    const { tpm, secrets, isVoid } = await machine('1.2');
    await secrets.put('administratorDelegation', Uint8Array.of(7));
    assert.deepEqual(await isVoid(), []);
    tpm.acceptsDelegation = false;
    assert.deepEqual(await isVoid(), ALL_12);
    assert.deepEqual(tpm.attempts, ['takesDelegation 07', 'takesDelegation 07']);
    assert.deepEqual(tpm.given, [new Uint8Array(1), new Uint8Array(1)], 'overwritten');
  });

  it('cannot be void where nothing is stored', async () => {
    const { tpm, isVoid } = await machine('1.2');
    assert.deepEqual([await isVoid(), tpm.attempts], [[], []]);
  });
});
