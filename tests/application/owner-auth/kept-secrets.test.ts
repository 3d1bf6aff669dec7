import assert from 'node:assert/strict';
import { KeptSecrets } from '../../../ts-core/application/owner-auth/kept-secrets.js';
import type { OwnerTpm } from '../../../ts-core/application/owner-auth/owner-tpm.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import type { Crypto12 } from '../../../ts-core/domain/tpm12/crypto12.js';
import { MemoryOwnerAuthFiles } from '../../support/memory-owner-auth-files.js';
import { quietLog } from '../../support/quiet-log.js';

const OWNER = Uint8Array.of(1, 2, 3);
const STORAGE = Uint8Array.of(4, 5, 6);

/** A TPM that seals by complementing each byte, until its seals are broken or it does not answer. */
function machine(files = new MemoryOwnerAuthFiles()) {
  const sealing = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0xff);
  const handed: Uint8Array[] = [];
  let failure: Error | undefined;
  let drawn = 0;
  const tpm = {
    seal: async (secret: Uint8Array) => sealing(secret),
    unseal: async (blob: Uint8Array) => {
      if (failure !== undefined) throw failure;
      const key = sealing(blob);
      handed.push(key);
      return key;
    },
  } as unknown as OwnerTpm;
  const crypto = { randomBytes: (length: number) => new Uint8Array(length).fill(++drawn) } as unknown as Crypto12;
  const log = quietLog();
  return {
    secrets: new KeptSecrets({ files, tpm, crypto, log }),
    ...{ files, log, handed },
    unsealFailsWith: (error: Error | undefined) => {
      failure = error;
    },
  };
}

const BROKEN = new Error('the TPM was cleared');
const isSealBroken = { symbol: 'TBS_E_OWNERAUTH_NOT_FOUND', details: { reason: 'sealBroken' } };

describe('the secrets of the owner authorization', () => {
  it('are found again by the broker that starts next', async () => {
    const { secrets, files } = machine();
    await secrets.put('owner', OWNER);
    const { secrets: next } = machine(files);
    await next.open();
    assert.equal(next.has('owner'), true);
    assert.deepEqual(await next.get('owner'), OWNER);
    assert.equal(await next.get('storage'), undefined);
  });

  it('stay readable after a rotation of the key, of which the old one opens nothing more and is overwritten', async () => {
    const { files } = machine();
    const first = machine(files);
    await first.secrets.put('owner', OWNER);
    const { secrets, handed } = machine(files);
    await secrets.open();
    const [oldKey] = handed as [Uint8Array];
    const oldBytes = oldKey.slice();
    await secrets.put('storage', STORAGE);
    await secrets.rotateKey();
    assert.deepEqual(oldKey, new Uint8Array(oldBytes.length));
    for (const [name, value] of [
      ['owner', OWNER],
      ['storage', STORAGE],
    ] as const) {
      assert.deepEqual(await secrets.get(name), value);
    }
  });

  it('are all moved to the new key after a crash in the middle of a rotation', async () => {
    const { secrets, files } = machine();
    await secrets.put('owner', OWNER);
    await secrets.put('storage', STORAGE);
    const next = new Uint8Array(32).fill(7);
    files.nextSealed = next.map((byte) => byte ^ 0xff);
    files.write('storage', next, STORAGE);
    const { secrets: restarted } = machine(files);
    await restarted.open();
    assert.equal(files.nextSealed, undefined);
    assert.deepEqual([await restarted.get('owner'), await restarted.get('storage')], [OWNER, STORAGE]);
    assert.deepEqual(files.read('owner', next), OWNER);
  });

  it('leave nothing behind when a rotation finds none', async () => {
    const { secrets, files } = machine();
    await secrets.put('owner', OWNER);
    secrets.wipe('owner');
    await secrets.rotateKey();
    assert.deepEqual([files.sealed, files.names()], [undefined, []]);
  });

  it('are gone with their key, in memory too, when all are wiped or the broker ends', async () => {
    for (const end of ['wipeAll', 'close'] as const) {
      const { files } = machine();
      await machine(files).secrets.put('owner', OWNER);
      const { secrets, handed } = machine(files);
      await secrets.open();
      secrets[end]();
      assert.ok(handed[0]?.every((byte) => byte === 0));
      assert.deepEqual(files.names(), end === 'wipeAll' ? [] : ['owner']);
    }
  });

  it('are reported as lost where the seal is broken, and let the broker start', async () => {
    const { files } = machine();
    await machine(files).secrets.put('owner', OWNER);
    const { secrets, unsealFailsWith, log } = machine(files);
    unsealFailsWith(BROKEN);
    await secrets.open();
    assert.equal(log.lines.length, 1);
    await assert.rejects(secrets.get('owner'), isSealBroken);
    assert.deepEqual(files.names(), ['owner']);
  });

  it('make room for new ones where the seal is broken', async () => {
    const { files } = machine();
    await machine(files).secrets.put('owner', OWNER);
    const { secrets, unsealFailsWith } = machine(files);
    unsealFailsWith(BROKEN);
    await secrets.put('storage', STORAGE);
    assert.deepEqual(files.names(), ['storage']);
    assert.deepEqual(await secrets.get('storage'), STORAGE);
  });

  it('are kept while the TPM only does not answer, and nothing is stored then', async () => {
    const { files } = machine();
    await machine(files).secrets.put('owner', OWNER);
    const { secrets, unsealFailsWith } = machine(files);
    unsealFailsWith(new TbsError('TBS_E_IOERROR'));
    await assert.rejects(secrets.put('storage', STORAGE), { symbol: 'TBS_E_IOERROR' });
    assert.deepEqual(files.names(), ['owner']);
    unsealFailsWith(undefined);
    assert.deepEqual(await secrets.get('owner'), OWNER);
  });
});
