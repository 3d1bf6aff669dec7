import assert from 'node:assert/strict';
import { readUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_ORD, TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { broker, drive } from '../../../support/virtual-tpm12.js';

describe('swapping of TPM 1.2 keys and sessions', () => {
  it('saves a key once, however often it is evicted', () => {
    const { tpm, made, code } = broker();
    const keys = Array.from({ length: 4 }, (_, index) => made(1, command.loadKey2(index)));
    for (let round = 0; round < 3; round++) {
      for (const key of keys) assert.equal(code(1, command.sign(key, made(1, command.oiap()), false)), 0);
    }
    const saves = tpm.received.filter((ordinal) => ordinal === TPM_ORD.SaveContext);
    assert.equal(saves.length, 4);
  });

  it('evicts the least recently used key first', () => {
    const { virtualizer, made, code } = broker();
    const keys = Array.from({ length: 3 }, (_, index) => made(1, command.loadKey2(index)));
    assert.equal(code(1, command.sign(keys[0] as number, made(1, command.oiap()), false)), 0);
    made(1, command.loadKey2(9));
    const away = virtualizer.resources().filter((resource) => resource.kind === 'key' && !resource.resident);
    assert.deepEqual(
      away.map((resource) => resource.virtualHandle),
      [keys[1]],
    );
  });

  it('saves the sessions that are bound to a key before evicting it, and loads them with it again', () => {
    const { tpm, made, code, virtualizer } = broker();
    const key = made(1, command.loadKey2(1));
    const session = made(1, command.osap(key));
    for (let number = 0; number < 2; number++) made(2, command.loadKey2(10 + number));
    tpm.takeLog();
    made(2, command.loadKey2(12));
    assert.deepEqual(tpm.takeLog(), [
      'GetCapability',
      'SaveContext',
      'SaveContext',
      'FlushSpecific',
      'GetCapability',
      'LoadKey2',
    ]);
    assert.deepEqual(
      virtualizer.resources().flatMap(({ contextId, resident }) => (contextId === 1 ? [resident] : [])),
      [false, false],
    );
    assert.equal(code(1, command.sign(key, session, true)), 0);
  });

  it('also saves the sessions of other copies of a key, which its flush would end', () => {
    const { made, code, virtualizer } = broker();
    const [alices, bobs, others] = [
      made(1, command.loadKey2(1)),
      made(2, command.loadKey2(1)),
      made(3, command.loadKey2(2)),
    ];
    const session = made(2, command.osap(bobs));
    const unrelated = made(3, command.osap(others));
    assert.equal(code(1, command.flush(alices, TPM_RT.KEY)), 0);
    const resident = new Map(
      virtualizer.resources().map(({ contextId, kind, resident: is }) => [`${contextId}${kind}`, is]),
    );
    assert.equal(resident.get('2authSession'), false);
    assert.equal(resident.get('3authSession'), true, 'of another key');
    assert.equal(code(2, command.sign(bobs, session, true)), 0);
    assert.equal(code(3, command.sign(others, unrelated, true)), 0);
  });

  it('treats keys whose public part it does not know as copies', () => {
    const { made, send, code, virtualizer } = broker();
    const blob = send(1, command.saveContext(made(1, command.loadKey2(1)), TPM_RT.KEY)).slice(14);
    const copy = made(2, command.loadContext(blob, 0));
    made(2, command.osap(copy));
    const other = made(3, command.loadKey2(7));
    assert.equal(code(3, command.flush(other, TPM_RT.KEY)), 0);
    const session = virtualizer.resources().find(({ kind }) => kind === 'authSession');
    assert.equal(session?.resident, false, 'saved to be safe');
  });

  it('evicts another key if the TPM refuses to save one, but none that the command needs', () => {
    const { tpm, made, code, virtualizer } = broker();
    const keys = Array.from({ length: 3 }, (_, index) => made(1, command.loadKey2(index)));
    tpm.refuses('SaveContext', TPM_RESULT.OWNER_CONTROL);
    made(1, command.loadKey2(9));
    const away = virtualizer.resources().filter(({ kind, resident }) => kind === 'key' && !resident);
    assert.deepEqual(
      away.map(({ virtualHandle }) => virtualHandle),
      [keys[1]],
      'the first is the owner’s, and stays',
    );
    assert.equal(code(1, command.flush(keys[0] as number, TPM_RT.KEY)), TPM_RESULT.KEY_OWNER_CONTROL);
  });

  it('forgets a key that turns out to be lost when it is saved, and does not evict one that cannot be saved', () => {
    const { tpm, made, code, virtualizer } = broker();
    const keys = Array.from({ length: 3 }, (_, index) => made(1, command.loadKey2(index)));
    tpm.refuses('SaveContext', TPM_RESULT.BAD_HANDLE);
    tpm.keys.delete(1);
    tpm.refuses('GetCapability', TPM_RESULT.BAD_MODE);
    tpm.refuses('LoadKey2', TPM_RESULT.NOSPACE);
    assert.equal(made(1, command.loadKey2(9)), keys[0], 'its handle is free again');
    assert.equal(virtualizer.counts(1).transient, 3);
    tpm.refuses('SaveContext', TPM_RESULT.FAIL);
    assert.equal(code(1, command.loadKey2(10)), TPM_RESULT.RESOURCES);
  });

  it('gives up a session that the TPM cannot save, and uses its slot', () => {
    const { tpm, made, code, virtualizer } = broker();
    for (let number = 0; number < 3; number++) made(1, command.oiap());
    tpm.refuses('SaveContext', TPM_RESULT.FAIL);
    assert.equal(code(2, command.oiap()), 0);
    assert.equal(virtualizer.counts(1).loadedSessions, 2);
    assert.equal(tpm.authSessions.size, 3);
  });

  it('forgets what can never be loaded again, and retries the rest', () => {
    const { tpm, made, code, virtualizer } = broker();
    const key = made(1, command.loadKey2(1));
    for (let number = 0; number < 3; number++) made(2, command.loadKey2(10 + number));
    const session = () => made(1, command.oiap());
    tpm.refuses('LoadContext', TPM_RESULT.FAIL);
    assert.equal(code(1, command.sign(key, session(), true)), TPM_RESULT.FAIL);
    assert.equal(virtualizer.counts(1).transient, 1);
    for (const lost of [
      'BADCONTEXT',
      'RESOURCEMISSING',
      'INVALID_RESOURCE',
      'BAD_HANDLE',
      'INVALID_KEYHANDLE',
    ] as const) {
      const all = broker();
      const gone = all.made(1, command.loadKey2(1));
      for (let number = 0; number < 3; number++) all.made(2, command.loadKey2(10 + number));
      all.tpm.refuses('LoadContext', TPM_RESULT[lost]);
      assert.equal(all.code(1, command.sign(gone, all.made(1, command.oiap()), true)), TPM_RESULT.INVALID_KEYHANDLE);
      assert.equal(all.virtualizer.counts(1).transient, 0, lost);
    }
  });

  it('ends a session whose key is lost, but not one whose key cannot be loaded now', () => {
    const { tpm, made, code, virtualizer } = broker();
    const key = made(1, command.loadKey2(1));
    const session = made(1, command.osap(key));
    for (let number = 0; number < 3; number++) made(2, command.loadKey2(10 + number));
    tpm.refuses('LoadContext', TPM_RESULT.FAIL);
    assert.equal(code(1, command.terminate(99)), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.equal(code(1, command.sign(key, session, true)), TPM_RESULT.FAIL);
    assert.equal(virtualizer.counts(1).transient, 1);
    const other = made(1, command.osap(key));
    for (let number = 0; number < 3; number++) made(2, command.loadKey2(20 + number));
    tpm.refuses('LoadContext', TPM_RESULT.BADCONTEXT);
    assert.equal(code(1, command.sign(key, other, true)), TPM_RESULT.INVALID_KEYHANDLE);
    assert.deepEqual(virtualizer.counts(1).transient, 0);
  });

  it('flushes a session that is saved outside the TPM, with the TPM’s record of it', () => {
    const { tpm, made, code } = broker();
    const sessions = Array.from({ length: 4 }, () => made(1, command.oiap()));
    assert.equal(tpm.savedSessions.size, 1);
    assert.equal(code(1, command.flush(sessions[0] as number, TPM_RT.AUTH)), 0);
    assert.deepEqual([tpm.savedSessions.size, tpm.authSessions.size], [0, 3]);
  });

  it('flushes a key that is saved outside the TPM together with its saved sessions', () => {
    const { tpm, made, code, virtualizer } = broker();
    const key = made(1, command.loadKey2(1));
    made(1, command.osap(key));
    for (let number = 0; number < 3; number++) made(2, command.loadKey2(10 + number));
    tpm.takeLog();
    assert.equal(code(1, command.flush(key, TPM_RT.KEY)), 0);
    assert.deepEqual(tpm.takeLog(), ['FlushSpecific'], 'the saved session; the key is only a blob');
    assert.deepEqual([tpm.savedSessions.size, virtualizer.counts(1).loadedSessions], [0, 0]);
  });

  it('makes room among transport sessions if there are no authorization sessions, as in one pool', () => {
    const { tpm, made, code, virtualizer } = broker();
    made(1, command.transport());
    tpm.refuses('OIAP', TPM_RESULT.RESOURCES);
    assert.equal(code(1, command.oiap()), 0);
    const transport = virtualizer.resources().find(({ kind }) => kind === 'transportSession');
    assert.equal(transport?.resident, false);
  });

  it('assumes room if the TPM does not report it, and gives up on a TPM that never has any', () => {
    const { tpm, made, code } = broker();
    const key = made(1, command.loadKey2(1));
    tpm.refuses('GetCapability', TPM_RESULT.BAD_MODE);
    assert.equal(code(1, command.loadKey2(2)), 0);
    const none = broker({}, new ModelTpm12({ keys: 0, sessions: 3, savedSessions: 16 }));
    assert.equal(none.code(1, command.loadKey2(1)), TPM_RESULT.RESOURCES);
    assert.ok(key > 0);
  });

  it('evicts everything that can be saved before a suspend', () => {
    const { tpm, made, code, virtualizer } = broker();
    const key = made(1, command.loadKey2(1));
    const session = made(1, command.osap(key));
    made(2, command.transport());
    drive(virtualizer.suspend(), tpm);
    assert.deepEqual([tpm.keys.size, tpm.authSessions.size, tpm.transportSessions.size], [0, 0, 0]);
    drive(virtualizer.resume(), tpm);
    assert.equal(code(1, command.sign(key, session, true)), 0);
  });

  it('determines after a suspend what the TPM has lost', () => {
    const { tpm, made, code, send, virtualizer } = broker();
    const session = made(1, command.oiap());
    const key = made(1, command.loadKey2(1));
    tpm.authSessions.clear();
    tpm.keys.set(0x88, { identity: 8 });
    drive(virtualizer.resume(), tpm);
    assert.equal(virtualizer.counts(1).loadedSessions, 0);
    assert.equal(code(1, command.sign(key, session, true)), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.equal(readUint32(send(1, command.sign(0x88, made(1, command.oiap()), true)), 10), 8);
  });
});
