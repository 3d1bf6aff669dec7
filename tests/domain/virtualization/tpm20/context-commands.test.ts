import assert from 'node:assert/strict';
import { readUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import { LOADED_SESSION_FIRST, TPM_CC, TPM_RC, TRANSIENT_FIRST } from '../../../../ts-core/domain/tpm20/codes.js';
import { aboutHandle, aboutParameter, SESSION_QUOTA } from '../../../../ts-core/domain/tpm20/responses.js';
import {
  authorized,
  blobIn,
  command,
  contextLoad,
  contextSave,
  createPrimary,
  flushContext,
  handleIn,
  policyGetDigest,
  readPublic,
  startAuthSession,
  u32,
} from '../../../support/tpm20-commands.js';
import { scriptedBroker } from '../../../support/virtual-tpm20.js';

describe('TPM2_ContextSave, ContextLoad and FlushContext', () => {
  it('save objects as blobs that anybody may load, and a loaded object is evicted without saving it again', async () => {
    const { tpm, broker } = await scriptedBroker();
    const [first, second] = [broker.client(), broker.client('uid:1001')];
    const created = await first.send(createPrimary());
    const blob = blobIn(await first.send(contextSave(handleIn(created))));
    tpm.log.length = 0;
    for (let number = 0; number < 4; number++) {
      assert.equal(handleIn(await second.send(contextLoad(blob))), TRANSIENT_FIRST + number);
    }
    for (let number = 0; number < 4; number++) {
      const response = await second.send(readPublic(TRANSIENT_FIRST + number));
      assert.equal(readUint32(response, 10), readUint32(created, 14));
    }
    assert.equal(tpm.log.includes(TPM_CC.ContextSave), false);
    tpm.log.length = 0;
    assert.deepEqual(
      blobIn(await second.send(contextSave(TRANSIENT_FIRST))),
      blob,
      'an evicted object has its blob already',
    );
    assert.equal(await first.code(readPublic(handleIn(created))), 0);
  });

  it('of a wrong form are answered as a TPM does, and nothing is flushed', async () => {
    const { tpm, broker } = await scriptedBroker();
    const [owner, other] = [broker.client(), broker.client()];
    handleIn(await owner.send(createPrimary()));
    tpm.log.length = 0;
    assert.equal(await other.code(command('FlushContext', [])), aboutParameter(TPM_RC.INSUFFICIENT, 1));
    assert.equal(await other.code(command('FlushContext', [0x80, 0])), aboutParameter(TPM_RC.INSUFFICIENT, 1));
    assert.equal(await other.code(command('FlushContext', [...u32(TRANSIENT_FIRST), 1])), TPM_RC.SIZE);
    assert.equal(await other.code(authorized('FlushContext', [], u32(TRANSIENT_FIRST))), TPM_RC.AUTH_CONTEXT);
    assert.equal(await other.code(command('ContextSave', [])), aboutHandle(TPM_RC.INSUFFICIENT, 0));
    assert.equal(await other.code(command('ContextSave', [...u32(TRANSIENT_FIRST), 1])), TPM_RC.SIZE);
    assert.equal(await other.code(authorized('ContextSave', [TRANSIENT_FIRST], [])), TPM_RC.AUTH_CONTEXT);
    assert.equal(await other.code(authorized('ContextLoad', [], [])), TPM_RC.AUTH_CONTEXT);
    assert.deepEqual(tpm.log, []);
    assert.equal(await owner.code(readPublic(TRANSIENT_FIRST)), 0);
  });

  it('load no session into a context that is at its limit, and the session stays loadable elsewhere', async () => {
    const { broker } = await scriptedBroker();
    const [full, other] = [broker.client(), broker.client()];
    for (let number = 0; number < 4; number++) handleIn(await full.send(startAuthSession()));
    assert.equal(await full.code(startAuthSession()), SESSION_QUOTA);
    const handle = handleIn(await other.send(startAuthSession()));
    const blob = blobIn(await other.send(contextSave(handle)));
    assert.equal(await full.code(contextLoad(blob)), SESSION_QUOTA);
    assert.equal(handleIn(await other.send(contextLoad(blob))), handle);
  });

  it('find a session by the low 24 bits of its handle, whatever type the handle has', async () => {
    const { broker, tpm } = await scriptedBroker();
    const client = broker.client();
    const handle = handleIn(await client.send(startAuthSession('policy')));
    await client.send(contextSave(handle));
    assert.equal(
      await broker.client('uid:1001').code(flushContext(LOADED_SESSION_FIRST | (handle & 0xffffff))),
      aboutParameter(TPM_RC.HANDLE, 1),
    );
    assert.equal(await client.code(flushContext(LOADED_SESSION_FIRST | (handle & 0xffffff))), 0);
    assert.equal(tpm.sessions.size, 0);
  });

  it('save a session of one context without stopping another context of the user', async () => {
    const { broker } = await scriptedBroker({ objectSlots: 1, sessionSlots: 1 });
    const [first, second] = [broker.client(), broker.client()];
    const handle = handleIn(await first.send(startAuthSession()));
    handleIn(await second.send(createPrimary()));
    const other = handleIn(await second.send(startAuthSession()));
    const blob = blobIn(await first.send(contextSave(handle)));
    assert.equal(await second.code(policyGetDigest(other)), 0);
    assert.equal(handleIn(await second.send(contextLoad(blob))), handle);
    assert.equal(await second.code(policyGetDigest(other)), 0);
  });
});
