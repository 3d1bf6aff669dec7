import assert from 'node:assert/strict';
import { uint32 } from '../../../../ts-core/domain/tpm/byte-fields.js';
import { readUint32, writeUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_CAP_PROP, TPM_ORD, TPM_RESULT, TPM_RT, TPM_TRANSPORT } from '../../../../ts-core/domain/tpm12/codes.js';
import { REFUSED_INSIDE_TRANSPORT } from '../../../../ts-core/domain/tpm12/transport.js';
import { modelCommand as command } from '../../../support/model-tpm12.js';
import { command12 } from '../../../support/tpm12-commands.js';
import { broker, drive, handlesIn, listOf, property } from '../../../support/virtual-tpm12.js';

const GET_RANDOM = command12(TPM_ORD.GetRandom, uint32(8));

/** Sets up Alice with a transport session, a key and a session. */
function withTransport(attributes = 0, limits = {}) {
  const all = broker(limits);
  const transport = all.made(1, command.transport(attributes));
  const inside = (contextId: number, inner: Uint8Array, continues = true) =>
    all.send(contextId, command.executeTransport(transport, inner, continues));
  /** Returns the wrapped response, or the code of the outer response. */
  const inner = (contextId: number, bytes: Uint8Array) => {
    const response = inside(contextId, bytes);
    const code = readUint32(response, 6);
    return code === 0 ? response.subarray(26, 26 + readUint32(response, 22)) : code;
  };
  return { ...all, transport, inside, inner };
}

describe('TPM_ExecuteTransport of a context', () => {
  it('translates the handles of the embedded command, and the handle of what it creates', () => {
    const { made, inner, virtualizer, tpm } = withTransport();
    made(2, command.loadKey2(9));
    made(2, command.oiap());
    const key = inner(1, command.loadKey2(5)) as Uint8Array;
    const session = inner(1, command.oiap()) as Uint8Array;
    const [keyHandle, sessionHandle] = [readUint32(key, 10), readUint32(session, 10)];
    const resources = virtualizer.resources().filter(({ contextId }) => contextId === 1);
    assert.deepEqual(
      resources.map(({ kind, virtualHandle }) => [kind, virtualHandle]),
      [
        ['authSession', sessionHandle],
        ['transportSession', 1],
        ['key', keyHandle],
      ],
    );
    const signed = inner(1, command.sign(keyHandle, sessionHandle, true)) as Uint8Array;
    assert.equal(readUint32(signed, 10), 5, 'signed with the right key');
    assert.equal(tpm.keys.size, 2);
  });

  it('loads an evicted key and session first, inner and outer ones', () => {
    const { made, inner, inside, send } = withTransport();
    const session = made(1, command.oiap());
    const key = made(1, command.loadKey2(5));
    for (let number = 0; number < 4; number++) {
      made(2, command.loadKey2(number));
      made(2, command.oiap());
      made(2, command.transport());
    }
    const signed = inner(1, command.sign(key, session, true)) as Uint8Array;
    assert.equal(readUint32(signed, 10), 5);
    assert.equal(readUint32(send(1, command.sign(key, session, true)), 10), 5);
    assert.equal(readUint32(inside(1, GET_RANDOM, false), 6), 0);
    assert.equal(inner(1, GET_RANDOM), TPM_RESULT.INVALID_AUTHHANDLE, 'its continue flag was clear');
  });

  it('rejects malformed commands, another context’s transport session, and unknown handles inside', () => {
    const { code, inner, transport, tpm, made } = withTransport();
    const broken = command.executeTransport(transport, GET_RANDOM);
    writeUint32(broken, 10, 11);
    tpm.takeLog();
    assert.equal(code(1, broken), TPM_RESULT.BAD_PARAMETER);
    assert.equal(inner(2, GET_RANDOM), TPM_RESULT.INVALID_AUTHHANDLE);
    assert.deepEqual(tpm.takeLog(), []);
    assert.equal(inner(1, command.sign(77, 88, true)), TPM_RESULT.INVALID_KEYHANDLE);
    const key = made(1, command.loadKey2(1));
    assert.equal(inner(1, command.sign(key, 88, true)), TPM_RESULT.INVALID_AUTHHANDLE);
  });

  it('refuses embedded commands that the broker cannot follow', () => {
    const { inner, tpm } = withTransport();
    tpm.takeLog();
    for (const ordinal of REFUSED_INSIDE_TRANSPORT) {
      assert.equal(inner(1, command12(ordinal, new Uint8Array(8))), TPM_RESULT.E_EMBEDDED_COMMAND_UNSUPPORTED);
    }
    assert.deepEqual(tpm.takeLog(), []);
  });

  it('does not list the TPM’s own handles inside, unless the question is encrypted', () => {
    for (const [attributes, listed] of [
      [0, false],
      [TPM_TRANSPORT.EXCLUSIVE, false],
      [TPM_TRANSPORT.ENCRYPT, true],
    ] as const) {
      const { inner } = withTransport(attributes);
      const answer = inner(1, listOf(TPM_RT.KEY));
      if (listed) assert.ok(answer instanceof Uint8Array);
      else assert.equal(answer, TPM_RESULT.E_EMBEDDED_COMMAND_UNSUPPORTED);
      assert.ok(inner(1, property(TPM_CAP_PROP.OWNER)) instanceof Uint8Array);
    }
  });

  it('makes room first, except in an exclusive session, which the query would end', () => {
    for (const [attributes, asked] of [
      [0, 1],
      [TPM_TRANSPORT.EXCLUSIVE, 0],
    ] as const) {
      const { inner, tpm } = withTransport(attributes);
      tpm.takeLog();
      inner(1, command.loadKey2(1));
      assert.equal(tpm.takeLog().filter((name) => name === 'GetCapability').length, asked);
    }
  });

  it('obeys the user’s quota', () => {
    const { inner, made } = withTransport(0, { keysPerUser: 1, sessionsPerUser: 2 });
    made(1, command.loadKey2(1));
    made(1, command.oiap());
    assert.equal(inner(1, command.loadKey2(2)), TPM_RESULT.RESOURCES);
    assert.equal(inner(1, command.oiap()), TPM_RESULT.RESOURCES);
  });

  it('keeps out another context’s SHA-1 thread', () => {
    const { inner, code, made } = withTransport();
    const bobs = made(2, command.transport());
    assert.ok(inner(1, command12(TPM_ORD.SHA1Start)) instanceof Uint8Array);
    assert.equal(code(2, command.ordinal(TPM_ORD.SHA1Update)), TPM_RESULT.SHA_THREAD);
    const update = command.executeTransport(bobs, command12(TPM_ORD.SHA1Update));
    assert.equal(code(2, update), TPM_RESULT.SHA_THREAD);
    assert.ok(inner(1, command12(TPM_ORD.SHA1Complete)) instanceof Uint8Array);
    assert.equal(inner(1, command12(TPM_ORD.SHA1Update)), TPM_RESULT.SHA_THREAD, 'it has ended');
  });

  it('ends the inner session of a command that failed inside, and notices sessions that have ended', () => {
    const { inner, made, virtualizer } = withTransport();
    const key = made(1, command.loadKey2(1));
    const session = made(1, command.oiap());
    const failed = inner(1, command.sign(key, session, true, true)) as Uint8Array;
    assert.equal(readUint32(failed, 6), TPM_RESULT.AUTHFAIL);
    assert.equal(virtualizer.counts(1).loadedSessions, 1, 'the transport session is left');
    made(1, command.osap(key));
    assert.ok(inner(2 - 1, command12(TPM_ORD.Delegate_Manage, new Uint8Array(12))) instanceof Uint8Array);
    assert.equal(virtualizer.counts(1).loadedSessions, 1);
  });

  it('passes on the TPM’s error if the transport itself fails', () => {
    const { code, transport, tpm, virtualizer } = withTransport();
    tpm.refuses('ExecuteTransport', TPM_RESULT.AUTHFAIL);
    tpm.transportSessions.clear();
    assert.equal(code(1, command.executeTransport(transport, command.oiap())), TPM_RESULT.AUTHFAIL);
    assert.deepEqual(virtualizer.resources(), []);
  });

  it('notices keys that the owner made permanent inside', () => {
    const { inner, made, send, tpm } = withTransport();
    const key = made(1, command.loadKey2(1));
    const session = made(1, command.oiap());
    tpm.keys.set(0x99, { identity: 9 });
    assert.ok(inner(1, command.keyControlOwner(key, session, true)) instanceof Uint8Array);
    const listed = handlesIn(send(2, listOf(TPM_RT.KEY)));
    assert.ok(listed.includes(0x99));
  });

  it('ends with TPM_ReleaseTransportSigned', () => {
    const { code, transport, virtualizer, tpm } = withTransport();
    assert.equal(code(1, command.releaseTransport(transport)), 0);
    assert.deepEqual([virtualizer.resources().length, tpm.transportSessions.size], [0, 0]);
    assert.equal(code(1, command.releaseTransport(transport)), TPM_RESULT.INVALID_AUTHHANDLE);
  });

  it('is undone if its caller has cancelled it: what was created inside is flushed', () => {
    const { virtualizer, tpm, send, transport } = withTransport();
    const bytes = command.executeTransport(transport, command.loadKey2(3));
    drive(virtualizer.discard(1, bytes, send(1, bytes)), tpm);
    assert.deepEqual([tpm.keys.size, tpm.transportSessions.size], [0, 1]);
  });
});
