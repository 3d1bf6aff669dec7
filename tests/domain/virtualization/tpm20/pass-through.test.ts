import assert from 'node:assert/strict';
import fc from 'fast-check';
import { responseCodeOf } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_RC, TRANSIENT_FIRST } from '../../../../ts-core/domain/tpm20/codes.js';
import { CommandAreas } from '../../../../ts-core/domain/tpm20/command-shape.js';
import {
  blobIn,
  command,
  contextLoad,
  contextSave,
  createPrimary,
  handleIn,
  handleListIn,
  hashSequenceStart,
  listHandles,
  policyGetDigest,
  startAuthSession,
  u32,
} from '../../../support/tpm20-commands.js';
import { scriptedBroker } from '../../../support/virtual-tpm20.js';

describe('TPM 2.0 commands that are passed through', () => {
  it('are undone when their caller has cancelled them: created things are flushed, saved and loaded sessions go back', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    const discard = (sent: Uint8Array, response: Uint8Array) =>
      broker.run(() => broker.virtualizer.discard(client.contextId, sent, response));

    const create = createPrimary();
    await discard(create, await client.send(create));
    const sequence = hashSequenceStart();
    await discard(sequence, await client.send(sequence));
    assert.equal(tpm.objects.size, 0);
    const start = startAuthSession();
    await discard(start, await client.send(start));
    assert.equal(tpm.sessions.size, 0);

    const session = handleIn(await client.send(startAuthSession()));
    const save = contextSave(session);
    await discard(save, await client.send(save));
    assert.equal(await client.code(policyGetDigest(session)), 0, 'still loaded for its caller');

    const blob = blobIn(await client.send(contextSave(session)));
    const load = contextLoad(blob);
    await discard(load, await client.send(load));
    assert.equal(await client.code(policyGetDigest(session)), TPM_RC.REFERENCE_H0);
    assert.equal(handleIn(await client.send(contextLoad(blob))), session, 'the blob is still good');
    assert.equal(await client.code(policyGetDigest(session)), 0);
  });

  it('are not sent when they are malformed', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    handleIn(await client.send(createPrimary()));
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 4, maxLength: 60 }), async (body) => {
        const bytes = command('Sign', [...u32(TRANSIENT_FIRST), ...body]);
        bytes[1] = 2;
        const fault = new CommandAreas().read(bytes, 1);
        tpm.log.length = 0;
        const response = await client.send(bytes);
        if (fault !== 0) assert.deepEqual([responseCodeOf(response), tpm.log], [fault, []]);
      }),
    );
    assert.deepEqual(handleListIn(await client.send(listHandles(TRANSIENT_FIRST, 9))).handles, [TRANSIENT_FIRST]);
  });
});
