import assert from 'node:assert/strict';
import { TPM_CAP, TPM_PT, TPM_RC, TRANSIENT_FIRST } from '../../../../ts-core/domain/tpm20/codes.js';
import {
  authorized,
  contextSave,
  createPrimary,
  handleIn,
  handleListIn,
  listHandles,
  listProperties,
  policyGetDigest,
  propertiesIn,
  startAuthSession,
  u32,
} from '../../../support/tpm20-commands.js';
import { scriptedBroker } from '../../../support/virtual-tpm20.js';

describe('TPM2_GetCapability of a context', () => {
  it('lists transient objects in order, in pages, from the property on', async () => {
    const { broker } = await scriptedBroker();
    const client = broker.client();
    for (let number = 0; number < 6; number++) handleIn(await client.send(createPrimary()));
    const list = async (first: number, count: number) => handleListIn(await client.send(listHandles(first, count)));
    assert.deepEqual(await list(TRANSIENT_FIRST, 2), {
      handles: [TRANSIENT_FIRST, TRANSIENT_FIRST + 1],
      moreData: true,
    });
    assert.deepEqual(await list(TRANSIENT_FIRST + 4, 2), {
      handles: [TRANSIENT_FIRST + 4, TRANSIENT_FIRST + 5],
      moreData: false,
    });
    assert.deepEqual(await list(TRANSIENT_FIRST + 6, 2), { handles: [], moreData: false });
    assert.deepEqual(await list(TRANSIENT_FIRST, 0), { handles: [], moreData: true });
  });

  it('does not list handles when it is audited, since the list would be the TPM’s own', async () => {
    const { broker } = await scriptedBroker();
    const [owner, other] = [broker.client(), broker.client()];
    handleIn(await owner.send(createPrimary()));
    const session = handleIn(await other.send(startAuthSession('hmac')));
    const audited = [{ session, attributes: 0x81 }];
    const question = [...u32(TPM_CAP.HANDLES), ...u32(TRANSIENT_FIRST), ...u32(100)];
    assert.equal(await other.code(authorized('GetCapability', [], question, audited)), TPM_RC.AUTH_CONTEXT);
    assert.equal(
      await other.code(
        authorized('GetCapability', [], [...u32(TPM_CAP.TPM_PROPERTIES), ...u32(TPM_PT.FIXED), ...u32(5)], audited),
      ),
      0,
    );
  });

  it('reports the properties that a caller of the broker may count on, the same way on both paths', async () => {
    const { broker } = await scriptedBroker();
    const [client, other] = [broker.client(), broker.client('uid:1001')];
    for (let number = 0; number < 4; number++) handleIn(await other.send(createPrimary()));
    for (let number = 0; number < 3; number++) handleIn(await other.send(startAuthSession()));
    handleIn(await client.send(createPrimary()));
    const session = handleIn(await client.send(startAuthSession()));
    await client.send(contextSave(handleIn(await client.send(startAuthSession()))));
    const variable = listProperties(TPM_PT.VAR);
    const told = [
      propertiesIn(await client.send(variable)),
      propertiesIn(await broker.run(() => broker.virtualizer.execute(client.contextId, variable))),
    ];
    for (const properties of told) {
      assert.equal(properties.get(TPM_PT.HR_LOADED), 1, 'loaded sessions');
      assert.equal(properties.get(TPM_PT.HR_TRANSIENT_AVAIL), 26, 'transient objects to come');
    }
    assert.equal(
      propertiesIn(await client.send(listProperties(TPM_PT.CONTEXT_GAP_MAX, 1))).get(TPM_PT.CONTEXT_GAP_MAX),
      0xffffffff,
    );
    assert.equal(await client.code(policyGetDigest(session)), 0);
  });
});
