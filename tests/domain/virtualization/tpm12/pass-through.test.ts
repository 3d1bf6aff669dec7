import assert from 'node:assert/strict';
import { TPM_ET, TPM_ORD, TPM_RESULT, TPM_TAG } from '../../../../ts-core/domain/tpm12/codes.js';
import { refusal } from '../../../../ts-core/domain/tpm12/responses.js';
import { modelCommand as command } from '../../../support/model-tpm12.js';
import { command12 } from '../../../support/tpm12-commands.js';
import { broker, drive } from '../../../support/virtual-tpm12.js';

describe('TPM 1.2 commands that are passed through', () => {
  it('end their session if the broker itself must reject them, as on a TPM', () => {
    const { made, code, virtualizer } = broker();
    const session = made(1, command.oiap());
    assert.equal(code(1, command.sign(77, session, true)), TPM_RESULT.INVALID_KEYHANDLE);
    assert.equal(virtualizer.counts(1).loadedSessions, 0);
    const key = made(1, command.loadKey2(3));
    assert.equal(code(1, command.sign(key, session, true)), TPM_RESULT.INVALID_AUTHHANDLE);
  });

  it('do not affect another context’s session with the same handle if they are rejected', () => {
    const { made, code } = broker();
    const alice = made(1, command.oiap());
    assert.equal(code(2, command.sign(77, alice, true)), TPM_RESULT.INVALID_KEYHANDLE);
    assert.equal(code(1, command.sign(made(1, command.loadKey2(3)), alice, true)), 0);
  });

  it('are undone by a flush if they created something and were cancelled', () => {
    const { virtualizer, tpm, send } = broker();
    const load = command.loadKey2(4);
    drive(virtualizer.discard(1, load, send(1, load)), tpm);
    const oiap = command.oiap();
    drive(virtualizer.discard(1, oiap, send(1, oiap)), tpm);
    assert.deepEqual([tpm.keys.size, tpm.authSessions.size, virtualizer.resources().length], [0, 0, 0]);
  });

  it('make room for a session before it is opened, by evicting the least recently used', () => {
    const { made, code, virtualizer } = broker();
    const key = made(1, command.loadKey2(1));
    const sessions = Array.from({ length: 3 }, () => made(1, command.oiap()));
    assert.equal(code(1, command.sign(key, sessions[0] as number, true)), 0);
    made(1, command.oiap());
    const away = virtualizer.resources().filter(({ resident }) => !resident);
    assert.deepEqual(
      away.map(({ virtualHandle }) => virtualHandle),
      [sessions[1]],
    );
  });

  it('evict and repeat if the TPM unexpectedly has no room', () => {
    const { made, code, tpm } = broker();
    for (let number = 0; number < 2; number++) made(1, command.oiap());
    tpm.refuses('OIAP', TPM_RESULT.RESOURCES);
    tpm.takeLog();
    assert.equal(code(1, command.oiap()), 0);
    assert.deepEqual(tpm.takeLog(), ['OIAP', 'SaveContext', 'OIAP']);
    const empty = broker();
    empty.tpm.refuses('OIAP', TPM_RESULT.RESOURCES);
    assert.equal(empty.code(1, command.oiap()), TPM_RESULT.RESOURCES, 'nothing is left to evict');
  });

  it('are rejected if they are too short for their handles and authorizations', () => {
    const { code, tpm } = broker();
    tpm.takeLog();
    assert.equal(code(1, command.ordinal(TPM_ORD.Sign, new Uint8Array(3))), TPM_RESULT.BAD_PARAM_SIZE);
    assert.equal(
      code(1, command12(TPM_ORD.Sign, new Uint8Array(30), TPM_TAG.RQU_AUTH1_COMMAND)),
      TPM_RESULT.BAD_PARAM_SIZE,
    );
    assert.deepEqual(tpm.takeLog(), []);
  });

  it('find a key that has appeared in the TPM since, but no other', () => {
    const { made, code, tpm } = broker();
    const session = () => made(1, command.oiap());
    assert.equal(code(1, command.sign(0x55, session(), true)), TPM_RESULT.INVALID_KEYHANDLE);
    tpm.keys.set(0x55, { identity: 5 });
    assert.equal(code(1, command.sign(0x55, session(), true)), 0);
  });

  it('treat the entity of TPM_OSAP and TPM_DSAP as a key only if it is one', () => {
    const { made, code } = broker();
    made(1, command.loadKey2(1));
    assert.equal(code(1, command.osap(77, TPM_ET.NV)), 0);
    assert.equal(code(1, command.osap(77, TPM_ET.KEYHANDLE)), TPM_RESULT.INVALID_KEYHANDLE);
    assert.equal(code(1, command.dsap(77, TPM_ET.DEL_OWNER_BLOB)), 0);
    assert.equal(code(1, command.dsap(77, TPM_ET.DEL_KEY_BLOB)), TPM_RESULT.INVALID_KEYHANDLE);
  });

  it('are undone only if they succeeded and their context is open', () => {
    const { send, tpm, virtualizer, close } = broker();
    const load = command.loadKey2(4);
    const response = send(1, load);
    drive(virtualizer.discard(1, load, refusal(TPM_RESULT.FAIL)), tpm);
    drive(virtualizer.discard(2, load, response), tpm);
    drive(virtualizer.discard(1, command.ordinal(TPM_ORD.GetRandom), response), tpm);
    drive(virtualizer.discard(1, load, response.subarray(0, 12)), tpm);
    assert.equal(tpm.keys.size, 1);
    close(1);
    drive(virtualizer.discard(1, load, response), tpm);
    assert.equal(tpm.keys.size, 0);
  });
});
