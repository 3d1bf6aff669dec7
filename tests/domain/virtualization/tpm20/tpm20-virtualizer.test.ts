import assert from 'node:assert/strict';
import { TPM_CC, TPM_RC, TPM_RH, TRANSIENT_FIRST } from '../../../../ts-core/domain/tpm20/codes.js';
import { CommandTable } from '../../../../ts-core/domain/tpm20/command-shape.js';
import { aboutParameter } from '../../../../ts-core/domain/tpm20/responses.js';
import { decodeCommandAttributes } from '../../../../ts-core/domain/tpm20/structures.js';
import {
  blobIn,
  command,
  contextLoad,
  contextSave,
  createPrimary,
  handleIn,
  listHandles,
  readPublic,
  startAuthSession,
  u32,
} from '../../../support/tpm20-commands.js';
import { scriptedBroker } from '../../../support/virtual-tpm20.js';

describe('the TPM 2.0 virtualizer', () => {
  it('goes on after a TPM reset: what contexts held is gone, their callers are told, and new work succeeds', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    for (let number = 0; number < 5; number++) handleIn(await client.send(createPrimary()));
    const session = handleIn(await client.send(startAuthSession()));
    const blob = blobIn(await client.send(contextSave(session)));
    tpm.reset();
    for (let number = 0; number < 5; number++)
      assert.equal(await client.code(readPublic(TRANSIENT_FIRST + number)), TPM_RC.REFERENCE_H0);
    assert.equal(await client.code(contextLoad(blob)), aboutParameter(TPM_RC.HANDLE, 1));
    assert.deepEqual(broker.virtualizer.snapshot().savedSessions, []);
    assert.equal(handleIn(await client.send(createPrimary())), TRANSIENT_FIRST);
  });

  it('reads the TPM’s commands (TPMA_CC) page by page', async () => {
    const { broker } = await scriptedBroker({ pageItems: 3 });
    const { virtualizer } = broker;
    assert.equal(virtualizer.commandCodes().length, 21);
    assert.equal(virtualizer.maxCommandBytes, 4096);
    assert.deepEqual(virtualizer.handlesOf(startAuthSession()), [TPM_RH.NULL, TPM_RH.NULL]);
    assert.deepEqual(virtualizer.handlesOf(listHandles(0, 1)), []);
    assert.deepEqual(virtualizer.handlesOf(command('StartAuthSession', u32(5))), [5]);
    assert.equal(virtualizer.handlesOf(command(0x999, [])), null);
    assert.deepEqual(decodeCommandAttributes(0x13000131), {
      code: TPM_CC.CreatePrimary,
      handleCount: 1,
      returnsHandle: true,
      flushesHandles: true,
    });
    assert.equal(new CommandTable([decodeCommandAttributes(0x22000123)]).of(0x20000123)?.handleCount, 1);
  });
});
