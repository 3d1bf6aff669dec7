import assert from 'node:assert/strict';
import { concat, uint32 } from '../../../../ts-core/domain/tpm/byte-fields.js';
import { readUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_ET, TPM_KH, TPM_ORD, TPM_RESULT, TPM_RT, TPM_TRANSPORT } from '../../../../ts-core/domain/tpm12/codes.js';
import { modelCommand as command, ModelTpm12 } from '../../../support/model-tpm12.js';
import { blobOf, broker, drive } from '../../../support/virtual-tpm12.js';

describe('TPM_SaveContext and TPM_LoadContext of a context', () => {
  it('save a session for its user, whose contexts can load it once, with its old handle', () => {
    const { made, send, code, virtualizer } = broker();
    const session = made(1, command.oiap());
    const blob = blobOf(send(1, command.saveContext(session, TPM_RT.AUTH)));
    assert.deepEqual(virtualizer.counts(1), { transient: 0, loadedSessions: 0, savedSessions: 1 });
    assert.equal(code(1, command.saveContext(session, TPM_RT.AUTH)), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.equal(code(2, command.loadContext(blob, 0)), TPM_RESULT.BADCONTEXT, 'another user');
    made(3, command.transport());
    assert.equal(made(3, command.loadContext(blob, 0)), session);
    assert.equal(code(1, command.loadContext(blob, 0)), TPM_RESULT.BADCONTEXT, 'a second time');
    const key = made(3, command.loadKey2(1));
    assert.equal(code(3, command.sign(key, session, true)), 0);
  });

  it('save a transport session with its attributes', () => {
    const { made, send, tpm } = broker();
    const transport = made(1, command.transport(TPM_TRANSPORT.EXCLUSIVE));
    const blob = blobOf(send(1, command.saveContext(transport, TPM_RT.TRANS)));
    const again = made(1, command.loadContext(blob, 0));
    tpm.takeLog();
    send(1, command.executeTransport(again, command.loadKey2(1)));
    assert.deepEqual(tpm.takeLog(), ['ExecuteTransport', 'LoadKey2'], 'asking for room would end it');
  });

  it('save a key as a blob that anybody can load, any number of times', () => {
    const { made, send, code, virtualizer } = broker();
    const key = made(1, command.loadKey2(5));
    const blob = blobOf(send(1, command.saveContext(key, TPM_RT.KEY)));
    assert.equal(virtualizer.counts(1).transient, 1, 'the key stays');
    const copies = [made(2, command.loadContext(blob, 0)), made(2, command.loadContext(blob, 0))];
    assert.equal(new Set(copies).size, 2);
    for (const copy of copies) {
      assert.equal(readUint32(send(2, command.sign(copy, made(2, command.oiap()), false)), 10), 5);
    }
    assert.equal(code(1, command.flush(key, TPM_RT.KEY)), 0);
    assert.equal(made(1, command.loadContext(blob, 0, true)), key, 'under the handle that it had');
    assert.equal(code(1, command.loadContext(blob, 0, true)), TPM_RESULT.BAD_HANDLE, 'the handle is taken');
    assert.notEqual(made(1, command.loadContext(blob, 0, false)), key);
  });

  it('remember the handle that a context used for a key, for a bounded number of blobs', () => {
    const { made, send } = broker({ keysPerUser: 400 });
    // The TPM's own handle is taken in the context, so that the virtual one differs.
    made(1, command.loadKey2(1));
    const first = made(1, command.loadKey2(1000));
    const blobs: Uint8Array[] = [blobOf(send(1, command.saveContext(first, TPM_RT.KEY)))];
    const known: number[] = [first];
    for (let identity = 1001; identity < 1257; identity++) {
      const key = made(1, command.loadKey2(identity));
      known.push(key);
      blobs.push(blobOf(send(1, command.saveContext(key, TPM_RT.KEY))));
    }
    assert.equal(made(3, command.loadContext(blobs[256] as Uint8Array, 0)), known[256]);
    assert.equal(made(3, command.loadContext(blobs[1] as Uint8Array, 0)), known[1]);
  });

  it('load an evicted key or session to save it', () => {
    const { made, send, code } = broker();
    const key = made(1, command.loadKey2(1));
    const session = made(1, command.osap(key));
    for (let number = 0; number < 4; number++) {
      made(2, command.loadKey2(number));
      made(2, command.oiap());
    }
    const sessionBlob = blobOf(send(1, command.saveContext(session, TPM_RT.AUTH)));
    const keyBlob = blobOf(send(1, command.saveContext(key, TPM_RT.KEY)));
    assert.equal(code(1, command.loadContext(keyBlob, 0)), 0);
    assert.equal(code(1, command.loadContext(sessionBlob, key)), 0);
  });

  it('load a session with the key that it is bound to, which must be the context’s own', () => {
    const { made, send, code, tpm } = broker();
    made(2, command.loadKey2(9));
    const key = made(1, command.loadKey2(1));
    const session = made(1, command.osap(key));
    const blob = blobOf(send(1, command.saveContext(session, TPM_RT.AUTH)));
    const bobs = [...tpm.keys].find(([, { identity }]) => identity === 9)?.[0] ?? 0;
    made(3, command.loadKey2(3));
    assert.equal(
      code(3, command.loadContext(blob, bobs + 50)),
      TPM_RESULT.RESOURCEMISSING,
      'the TPM knows no such key',
    );
    assert.equal(code(1, command.loadContext(blob, 2)), bobs === 2 ? TPM_RESULT.INVALID_KEYHANDLE : 0);
  });

  it('never use the handle of another context’s key as the entity of a session', () => {
    const { made, send, code, tpm } = broker();
    const bobs = made(2, command.loadKey2(9));
    made(2, command.loadKey2(8));
    const key = made(1, command.loadKey2(1));
    const blob = blobOf(send(1, command.saveContext(made(1, command.osap(key)), TPM_RT.AUTH)));
    assert.ok(tpm.keys.has(bobs) && bobs !== key, 'the TPM knows Bob’s key by the handle that Bob sees');
    tpm.takeLog();
    assert.equal(code(1, command.loadContext(blob, bobs)), TPM_RESULT.INVALID_KEYHANDLE);
    assert.deepEqual(tpm.takeLog(), [], 'the TPM is not asked');
    assert.equal(code(1, command.loadContext(blob, key)), 0, 'and the session is not lost');
  });

  it('send the physical handle of the key that a session is bound to', () => {
    const { made, send, tpm } = broker();
    made(2, command.loadKey2(9));
    const key = made(1, command.loadKey2(1));
    const session = made(1, command.osap(key));
    const blob = blobOf(send(1, command.saveContext(session, TPM_RT.AUTH)));
    for (let number = 0; number < 4; number++) made(2, command.loadKey2(number));
    const again = made(1, command.loadContext(blob, key));
    assert.equal(again, session);
    const physical = [...tpm.keys].find(([, { identity }]) => identity === 1)?.[0];
    assert.ok(physical !== undefined, 'the key was brought back first');
    assert.equal(readUint32(send(1, command.sign(key, again, true)), 6), 0);
  });

  it('load a session that is bound to no key of the broker with the caller’s entity', () => {
    const { made, send, code } = broker();
    const session = made(1, command.osap(TPM_KH.SRK, TPM_ET.SRK));
    const blob = blobOf(send(1, command.saveContext(session, TPM_RT.AUTH)));
    assert.equal(code(1, command.loadContext(blob, TPM_KH.SRK)), 0);
  });

  it('refuse to load a session with a handle that is in use, if the caller insists on it', () => {
    const { made, send, code } = broker();
    const session = made(1, command.oiap());
    const blob = blobOf(send(1, command.saveContext(session, TPM_RT.AUTH)));
    assert.equal(made(1, command.oiap()), session, 'the TPM gives the same handle again');
    assert.equal(code(1, command.loadContext(blob, 0, true)), TPM_RESULT.BAD_HANDLE);
    assert.notEqual(made(1, command.loadContext(blob, 0, false)), session);
  });

  it('obey the quota', () => {
    const { made, send, code } = broker({ keysPerUser: 1 });
    const key = made(1, command.loadKey2(1));
    const blob = blobOf(send(1, command.saveContext(key, TPM_RT.KEY)));
    assert.equal(code(3, command.loadContext(blob, 0)), TPM_RESULT.RESOURCES);
    assert.equal(code(3, command.loadKeyContext(blob)), TPM_RESULT.RESOURCES);
  });

  it('make room in the TPM for what they load', () => {
    const { made, send, code } = broker();
    const key = made(1, command.loadKey2(1));
    const keyBlob = blobOf(send(1, command.saveContext(key, TPM_RT.KEY)));
    const sessionBlob = blobOf(send(1, command.saveContext(made(1, command.oiap()), TPM_RT.AUTH)));
    for (let number = 0; number < 3; number++) {
      made(2, command.loadKey2(number));
      made(2, command.oiap());
    }
    assert.equal(code(1, command.loadContext(keyBlob, 0)), 0);
    assert.equal(code(1, command.loadContext(sessionBlob, 0)), 0);
  });

  it('reject commands of the wrong size, unknown types and unknown handles', () => {
    const { code, tpm } = broker({}, withForeignKey());
    tpm.takeLog();
    const wrongSizes = [
      command.ordinal(TPM_ORD.SaveContext, new Uint8Array(23)),
      command.ordinal(TPM_ORD.SaveContext, new Uint8Array(25)),
      command.ordinal(TPM_ORD.SaveAuthContext, new Uint8Array(3)),
      command.ordinal(TPM_ORD.SaveAuthContext, new Uint8Array(5)),
      command.ordinal(TPM_ORD.LoadContext, new Uint8Array(8)),
      command.ordinal(TPM_ORD.LoadContext, concat(new Uint8Array(5), uint32(7))),
      command.ordinal(TPM_ORD.LoadAuthContext, new Uint8Array(3)),
      command.ordinal(TPM_ORD.LoadAuthContext, uint32(7)),
    ];
    for (const bytes of wrongSizes) assert.equal(code(1, bytes), TPM_RESULT.BAD_PARAM_SIZE);
    assert.equal(code(1, command.saveContext(1, TPM_RT.CONTEXT)), TPM_RESULT.INVALID_RESOURCE);
    assert.equal(code(1, command.saveContext(1, TPM_RT.KEY)), TPM_RESULT.INVALID_KEYHANDLE);
    assert.equal(code(1, command.saveContext(1, TPM_RT.TRANS)), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.equal(code(1, command.saveContext(0x1234, TPM_RT.KEY)), TPM_RESULT.OWNER_CONTROL, 'not the broker’s');
    assert.equal(code(1, command.saveContext(0x1234, TPM_RT.AUTH)), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.equal(code(1, command.saveAuthContext(1)), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.equal(code(1, command.loadContext(new Uint8Array(49), 0)), TPM_RESULT.BADCONTEXT);
    assert.equal(code(1, command.loadAuthContext(new Uint8Array(60))), TPM_RESULT.BADCONTEXT);
    assert.deepEqual(tpm.takeLog(), []);
  });

  it('pass on the TPM’s error when it cannot save or load', () => {
    const { made, send, code, tpm, virtualizer } = broker();
    const session = made(1, command.oiap());
    tpm.refuses('SaveContext', TPM_RESULT.FAIL);
    assert.equal(code(1, command.saveContext(session, TPM_RT.AUTH)), TPM_RESULT.FAIL);
    assert.equal(virtualizer.counts(1).loadedSessions, 1);
    const blob = blobOf(send(1, command.saveContext(session, TPM_RT.AUTH)));
    tpm.refuses('LoadContext', TPM_RESULT.FAIL);
    assert.equal(code(1, command.loadContext(blob, 0)), TPM_RESULT.FAIL);
    assert.equal(virtualizer.counts(1).savedSessions, 1, 'it can be tried again');
    assert.equal(code(1, command.loadContext(blob, 0)), 0);
    const keyBlob = blobOf(send(1, command.saveContext(made(1, command.loadKey2(1)), TPM_RT.KEY)));
    tpm.refuses('LoadContext', TPM_RESULT.BADCONTEXT);
    assert.equal(code(1, command.loadContext(keyBlob, 0)), TPM_RESULT.BADCONTEXT);
    assert.equal(virtualizer.counts(1).transient, 1);
  });

  it('are undone if their caller has cancelled a load', () => {
    const { made, send, tpm, virtualizer } = broker();
    const keyBlob = blobOf(send(1, command.saveContext(made(1, command.loadKey2(1)), TPM_RT.KEY)));
    const load = command.loadContext(keyBlob, 0);
    drive(virtualizer.discard(1, load, send(1, load)), tpm);
    assert.equal(virtualizer.counts(1).transient, 1);
    const sessionBlob = blobOf(send(1, command.saveAuthContext(made(1, command.oiap()))));
    const loadAuth = command.loadAuthContext(sessionBlob);
    drive(virtualizer.discard(1, loadAuth, send(1, loadAuth)), tpm);
    assert.equal(virtualizer.counts(1).loadedSessions, 0);
  });
});

function withForeignKey(): ModelTpm12 {
  const tpm = new ModelTpm12();
  tpm.keys.set(0x1234, { identity: 99 });
  return tpm;
}

describe('the context commands of TPM 1.1', () => {
  it('save and load a session for its user', () => {
    const { made, send, code } = broker();
    const session = made(1, command.oiap());
    const blob = blobOf(send(1, command.saveAuthContext(session)));
    assert.equal(code(2, command.loadAuthContext(blob)), TPM_RESULT.BADCONTEXT);
    const again = made(3, command.loadAuthContext(blob));
    assert.equal(code(3, command.sign(made(3, command.loadKey2(1)), again, true)), 0);
    assert.equal(code(3, command.loadAuthContext(blob)), TPM_RESULT.BADCONTEXT);
  });

  it('load a key that the context knows by another handle', () => {
    const { made, send } = broker();
    const blob = blobOf(send(1, command.saveContext(made(1, command.loadKey2(5)), TPM_RT.KEY)));
    made(2, command.loadKey2(1));
    const copy = made(2, command.loadKeyContext(blob));
    assert.equal(readUint32(send(2, command.sign(copy, made(2, command.oiap()), false)), 10), 5);
  });
});
