import assert from 'node:assert/strict';
import { readUint32, writeUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_KH, TPM_ORD, TPM_RESULT, TPM_RT } from '../../../../ts-core/domain/tpm12/codes.js';
import { refusal } from '../../../../ts-core/domain/tpm12/responses.js';
import { modelCommand as command } from '../../../support/model-tpm12.js';
import { command12 } from '../../../support/tpm12-commands.js';
import { handleIn, inTurn, listOf, modelBroker } from '../../../support/virtual-tpm12.js';

describe('the direct path of TPM 1.2', () => {
  it('sends only the command for resident keys and sessions', async () => {
    const { tpm, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(7)));
    const session = handleIn(await alice.send(command.oiap()));
    tpm.received.length = 0;
    assert.equal(await alice.code(command.sign(key, session, true)), 0);
    assert.deepEqual(tpm.received, [TPM_ORD.Sign]);
  });

  it('knows without asking the TPM whether a command needs a swap', async () => {
    const { tpm, virtualizer, alice } = await modelBroker();
    const keys = await inTurn(4, async (index) => handleIn(await alice.send(command.loadKey2(index))));
    const [away, , , resident] = keys as [number, number, number, number];
    const session = handleIn(await alice.send(command.oiap()));
    tpm.received.length = 0;
    const need = (contextId: number, bytes: Uint8Array) => virtualizer.swapNeed(contextId, bytes);
    assert.equal(need(1, command.sign(away, session, true)), 'swap');
    assert.equal(need(1, command.sign(resident, session, true)), 'resident');
    assert.equal(need(3, command.sign(resident, session, true)), 'none', 'another context’s');
    assert.equal(need(99, command.sign(resident, session, true)), 'none', 'no such context');
    assert.equal(need(1, command.sign(TPM_KH.SRK, session, true)), 'resident', 'a key that is never swapped');
    assert.equal(need(1, command.oiap()), 'none');
    assert.equal(need(1, command.flush(resident, TPM_RT.KEY)), 'resident', 'frees a slot');
    assert.equal(need(1, command.flush(away, TPM_RT.KEY)), 'none');
    assert.deepEqual(tpm.received, []);
  });

  it('sends commands with the TPM’s handles, without changing the caller’s command', async () => {
    const { tpm, virtualizer, alice, bob } = await modelBroker();
    for (let number = 0; number < 2; number++) {
      handleIn(await bob.send(command.loadKey2(number)));
      handleIn(await bob.send(command.oiap()));
    }
    const [key, session] = [
      handleIn(await alice.send(command.loadKey2(5))),
      handleIn(await alice.send(command.oiap())),
    ];
    const other = handleIn(await alice.send(command.transport()));
    const bytes = command.sign(key, session, false);
    const before = bytes.slice();
    const physical = virtualizer.direct.begin(alice.contextId, bytes);
    assert.ok(physical);
    assert.deepEqual(bytes, before);
    const response = virtualizer.direct.complete(tpm.answer(physical));
    assert.equal(readUint32(response, 10), 5);
    assert.equal(
      virtualizer.counts(alice.contextId).loadedSessions,
      1,
      `the session has ended, the transport session ${other} not`,
    );
  });

  it('leaves commands to an exchange if they create something, are special, or need something that is not resident', async () => {
    const { virtualizer, alice } = await modelBroker();
    const keys = await inTurn(4, async (number) => handleIn(await alice.send(command.loadKey2(number))));
    const session = handleIn(await alice.send(command.oiap()));
    const { direct } = virtualizer;
    const begins = (contextId: number, bytes: Uint8Array) => direct.begin(contextId, bytes) !== null;
    assert.ok(begins(1, command.sign(keys[3] as number, session, true)));
    assert.ok(begins(1, command.ordinal(TPM_ORD.GetRandom)));
    for (const bytes of [
      command.sign(keys[0] as number, session, true),
      command.sign(77, session, true),
      command.oiap(),
      command.loadKey2(1),
      command.flush(keys[3] as number, TPM_RT.KEY),
      listOf(TPM_RT.KEY),
    ]) {
      assert.ok(!begins(1, bytes));
    }
    assert.ok(!begins(99, command.ordinal(TPM_ORD.GetRandom)), 'no such context');
  });

  it('counts as a use of keys and sessions', async () => {
    const { tpm, virtualizer, alice } = await modelBroker();
    const keys = await inTurn(3, async (number) => handleIn(await alice.send(command.loadKey2(number))));
    const session = handleIn(await alice.send(command.oiap()));
    const physical = virtualizer.direct.begin(alice.contextId, command.sign(keys[0] as number, session, true));
    virtualizer.direct.complete(tpm.answer(physical as Uint8Array));
    handleIn(await alice.send(command.loadKey2(9)));
    const away = virtualizer.resources().find(({ kind, resident }) => kind === 'key' && !resident);
    assert.equal(away?.virtualHandle, keys[1]);
  });

  it('is unavailable after a failure until the TPM was asked', async () => {
    const { virtualizer, alice } = await modelBroker();
    const random = command.ordinal(TPM_ORD.GetRandom);
    assert.ok(virtualizer.direct.begin(alice.contextId, random));
    virtualizer.direct.failed();
    assert.equal(virtualizer.direct.begin(alice.contextId, random), null);
    assert.equal(await alice.code(random), 0);
    assert.ok(virtualizer.direct.begin(alice.contextId, random));
  });

  it('is unavailable after a command whose session has failed', async () => {
    const { tpm, virtualizer, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const bytes = command.sign(key, handleIn(await alice.send(command.oiap())), true, true);
    const response = virtualizer.direct.complete(
      tpm.answer(virtualizer.direct.begin(alice.contextId, bytes) as Uint8Array),
    );
    assert.equal(readUint32(response, 6), TPM_RESULT.AUTHFAIL);
    assert.equal(virtualizer.direct.begin(alice.contextId, command.ordinal(TPM_ORD.GetRandom)), null);
  });

  it('knows what commands that end something, or run inside a transport session, would swap', async () => {
    const { virtualizer, alice } = await modelBroker();
    const keys = await inTurn(4, async (number) => handleIn(await alice.send(command.loadKey2(number))));
    const [away, resident] = [keys[0] as number, keys[3] as number];
    const sessions = await inTurn(4, async () => handleIn(await alice.send(command.oiap())));
    const transport = handleIn(await alice.send(command.transport()));
    const need = (bytes: Uint8Array) => virtualizer.swapNeed(alice.contextId, bytes);
    assert.deepEqual([need(command.evictKey(resident)), need(command.evictKey(away))], ['resident', 'none']);
    assert.deepEqual(
      [need(command.terminate(sessions[3] as number)), need(command.terminate(sessions[0] as number))],
      ['resident', 'none'],
    );
    assert.equal(need(command.flush(transport, TPM_RT.TRANS)), 'resident');
    assert.equal(need(command.flush(1, TPM_RT.CONTEXT)), 'none');
    assert.equal(need(command.ordinal(TPM_ORD.FlushSpecific, new Uint8Array(4))), 'none');
    assert.equal(need(command.ordinal(TPM_ORD.EvictKey)), 'none', 'too short');
    assert.equal(need(command.executeTransport(transport, command12(TPM_ORD.GetRandom))), 'resident');
    const session = sessions[3] as number;
    assert.equal(need(command.executeTransport(transport, command.sign(away, session, true))), 'swap');
    assert.equal(need(command.executeTransport(transport, command.sign(resident, session, true))), 'resident');
    assert.equal(need(command.executeTransport(transport, command.sign(77, session, true))), 'none');
  });

  it('translates handles in a copy if the TPM’s are others', async () => {
    const { tpm, virtualizer, alice, bob } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(5)));
    for (let number = 0; number < 3; number++) handleIn(await bob.send(command.loadKey2(10 + number)));
    assert.equal(await alice.code(command.getPubKey(key)), 0);
    const bytes = command.getPubKey(key);
    const physical = virtualizer.direct.begin(alice.contextId, bytes);
    assert.ok(physical);
    assert.equal(tpm.keys.get(readUint32(physical, 10))?.identity, 5);
    assert.notDeepEqual(physical, bytes);
    assert.deepEqual(bytes, command.getPubKey(key));
  });

  it('applies one response to one command', async () => {
    const { tpm, virtualizer, alice } = await modelBroker();
    const key = handleIn(await alice.send(command.loadKey2(1)));
    const bytes = command.sign(key, handleIn(await alice.send(command.oiap())), true);
    const { direct } = virtualizer;
    const refused = refusal(TPM_RESULT.AUTHFAIL);
    const isAvailable = () => direct.begin(alice.contextId, command.ordinal(TPM_ORD.GetRandom)) !== null;
    direct.complete(tpm.answer(direct.begin(alice.contextId, bytes) as Uint8Array));
    assert.equal(direct.complete(refused), refused);
    assert.ok(isAvailable(), 'the second response belongs to no command');
    direct.begin(alice.contextId, bytes);
    direct.failed();
    assert.equal(await alice.code(command.ordinal(TPM_ORD.GetRandom)), 0);
    direct.complete(refused);
    assert.ok(isAvailable());
  });

  it('judges a command by its ordinal, not by bytes that look like those of another', async () => {
    const { virtualizer, alice } = await modelBroker();
    const keys = await inTurn(4, async (number) => handleIn(await alice.send(command.loadKey2(number))));
    const [away, resident] = [keys[0] as number, keys[3] as number];
    const session = handleIn(await alice.send(command.oiap()));
    const need = (bytes: Uint8Array) => virtualizer.swapNeed(alice.contextId, bytes);
    const disguised = command.executeTransport(session, command.sign(away, session, true));
    writeUint32(disguised, 6, TPM_ORD.Extend);
    assert.equal(need(disguised), 'resident', 'not a command inside another');
    const flush = command.flush(resident, TPM_RT.KEY);
    writeUint32(flush, 6, TPM_ORD.Extend);
    assert.equal(need(flush), 'none');
    assert.equal(await alice.code(command.terminate(session)), 0);
    assert.equal(need(command.evictKey(resident)), 'resident', 'a key, not a session');
  });
});
