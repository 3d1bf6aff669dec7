import assert from 'node:assert/strict';
import { readUint32, responseCodeOf } from '../../../../ts-core/domain/tpm/command-header.js';
import {
  ACTIVE_SESSION_FIRST,
  handleNumber,
  LOADED_SESSION_FIRST,
  SRK_HANDLE,
  TPM_CAP,
  TPM_PT,
  TPM_RC,
  TRANSIENT_FIRST,
} from '../../../../ts-core/domain/tpm20/codes.js';
import { CommandTable } from '../../../../ts-core/domain/tpm20/command-shape.js';
import { success } from '../../../../ts-core/domain/tpm20/responses.js';
import { adaptProperties } from '../../../../ts-core/domain/virtualization/tpm20/capabilities.js';
import { VirtualContext } from '../../../../ts-core/domain/virtualization/tpm20/handles.js';
import { createParts } from '../../../../ts-core/domain/virtualization/tpm20/virtualizer-parts.js';
import {
  AUDIT_SESSION,
  authorized,
  CONTINUE_SESSION,
  command,
  contextSave,
  createPrimary,
  flushContext,
  getCapability,
  handleIn,
  handleListIn,
  listHandles,
  listProperties,
  policyGetDigest,
  propertiesIn,
  startAuthSession,
  u32,
} from '../../../support/tpm20-commands.js';
import { scriptedBroker, TEST_LIMITS } from '../../../support/virtual-tpm20.js';

describe('TPM2_GetCapability of a context', () => {
  it('lists transient objects in order, in pages, starting at the requested property', async () => {
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

  it('does not list handles in an audit session, since the list would be the TPM’s own', async () => {
    const { broker } = await scriptedBroker();
    const [owner, other] = [broker.client(), broker.client()];
    handleIn(await owner.send(createPrimary()));
    const session = handleIn(await other.send(startAuthSession('hmac')));
    const audited = [{ session, attributes: CONTINUE_SESSION | AUDIT_SESSION }];
    const question = [...u32(TPM_CAP.HANDLES), ...u32(TRANSIENT_FIRST), ...u32(100)];
    assert.equal(await other.code(authorized('GetCapability', [], question, audited)), TPM_RC.AUTH_CONTEXT);
    assert.equal(
      await other.code(
        authorized('GetCapability', [], [...u32(TPM_CAP.TPM_PROPERTIES), ...u32(TPM_PT.FIXED), ...u32(5)], audited),
      ),
      0,
    );
  });

  it('reports the limits for a caller of the broker, with the same result on both paths', async () => {
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

  it('lists the context’s loaded sessions and its user’s saved ones, in order from the requested number on', async () => {
    const { broker } = await scriptedBroker();
    const [client, sibling, other] = [broker.client(), broker.client(), broker.client('uid:1001')];
    const policy = handleIn(await client.send(startAuthSession('policy')));
    const saved = handleIn(await sibling.send(startAuthSession('policy')));
    const hmac = handleIn(await client.send(startAuthSession('hmac')));
    const theirs = handleIn(await other.send(startAuthSession('hmac')));
    for (const [who, handle] of [
      [sibling, saved],
      [other, theirs],
    ] as const) {
      await who.send(contextSave(handle));
    }
    const list = async (who: typeof client, first: number) => handleListIn(await who.send(listHandles(first))).handles;
    assert.deepEqual(await list(client, LOADED_SESSION_FIRST), [policy, hmac], 'by number, whatever the type');
    assert.deepEqual(await list(client, LOADED_SESSION_FIRST | handleNumber(policy)), [policy, hmac]);
    assert.deepEqual(await list(client, LOADED_SESSION_FIRST | handleNumber(hmac)), [hmac]);
    assert.deepEqual(await list(client, ACTIVE_SESSION_FIRST), [LOADED_SESSION_FIRST | handleNumber(saved)]);
    assert.deepEqual(await list(sibling, LOADED_SESSION_FIRST), []);
    assert.deepEqual(await list(other, ACTIVE_SESSION_FIRST), [theirs]);
    await client.send(flushContext(policy));
    const again = handleIn(await client.send(startAuthSession('policy')));
    assert.deepEqual([again, await list(client, LOADED_SESSION_FIRST)], [policy, [policy, hmac]], 'not by age');
  });

  it('lists other handles and other capabilities as the TPM does', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    tpm.takeLog();
    for (const bytes of [
      listHandles(SRK_HANDLE - 1),
      getCapability(TPM_CAP.COMMANDS, 0, 5),
      getCapability(TPM_CAP.COMMANDS, LOADED_SESSION_FIRST, 5),
    ]) {
      assert.deepEqual(await client.exchange(bytes), tpm.transmit(bytes.slice()));
    }
    assert.equal(tpm.takeLog().length, 6);
  });

  it('leaves a truncated or overlong request for handles to the TPM, or rejects it', async () => {
    const { tpm, broker } = await scriptedBroker();
    const client = broker.client();
    handleIn(await client.send(createPrimary()));
    tpm.takeLog();
    await client.exchange(command('GetCapability', [...u32(TPM_CAP.HANDLES), ...u32(TRANSIENT_FIRST)]));
    assert.deepEqual(tpm.takeLog(), ['GetCapability']);
    const longer = command('GetCapability', [...u32(TPM_CAP.HANDLES), ...u32(TRANSIENT_FIRST), ...u32(9), 0]);
    assert.equal(responseCodeOf(await client.exchange(longer)), TPM_RC.AUTH_CONTEXT);
    const tagged = listHandles(TRANSIENT_FIRST);
    tagged[1] = 2;
    assert.equal(responseCodeOf(await client.exchange(tagged)), TPM_RC.SIZE, 'its authorization area is malformed');
    assert.deepEqual(tpm.takeLog(), []);
  });

  it('reports every property that depends on the context', async () => {
    const properties: [number, number][] = [
      [TPM_PT.HR_TRANSIENT_MIN, 3],
      [TPM_PT.HR_LOADED_MIN, 3],
      [TPM_PT.ACTIVE_SESSIONS_MAX, 64],
      [TPM_PT.CONTEXT_GAP_MAX, 255],
      [TPM_PT.HR_LOADED, 2],
      [TPM_PT.HR_LOADED_AVAIL, 1],
      [TPM_PT.HR_ACTIVE, 2],
      [TPM_PT.HR_ACTIVE_AVAIL, 62],
      [TPM_PT.HR_TRANSIENT_AVAIL, 2],
    ];
    const { tpm, broker } = await scriptedBroker({ properties });
    const [client, sibling, other] = [broker.client(), broker.client(), broker.client('uid:1001')];
    handleIn(await client.send(createPrimary()));
    handleIn(await client.send(startAuthSession()));
    for (const who of [sibling, other, other])
      await who.send(contextSave(handleIn(await who.send(startAuthSession()))));
    const told = async (bytes: Uint8Array) => Object.fromEntries(propertiesIn(await client.exchange(bytes)));
    assert.deepEqual(await told(listProperties(TPM_PT.FIXED)), {
      [TPM_PT.HR_TRANSIENT_MIN]: TEST_LIMITS.resourcesPerContext,
      [TPM_PT.HR_LOADED_MIN]: TEST_LIMITS.sessionsPerContext,
      [TPM_PT.ACTIVE_SESSIONS_MAX]: 64,
      [TPM_PT.CONTEXT_GAP_MAX]: 0xffffffff,
    });
    assert.deepEqual(await told(listProperties(TPM_PT.VAR)), {
      [TPM_PT.HR_LOADED]: 1,
      [TPM_PT.HR_LOADED_AVAIL]: 3,
      [TPM_PT.HR_ACTIVE]: 2,
      // Four are used, two of them by this user, who may get half of what the other 60 exceed these by.
      [TPM_PT.HR_ACTIVE_AVAIL]: 29,
      [TPM_PT.HR_TRANSIENT_AVAIL]: 26,
    });
    assert.ok(tpm.sessions.size > 0);
  });

  it('does not change a response that is audited, an error, or for another capability', () => {
    const parts = createParts(TEST_LIMITS, () => undefined, new CommandTable([]), new Map());
    const context = new VirtualContext(1, { userKey: 'uid:1000', callerClass: 'standardUser' });
    const parameters = [...u32(TPM_CAP.TPM_PROPERTIES), ...u32(TPM_PT.CONTEXT_GAP_MAX), ...u32(1)];
    const plain = command('GetCapability', parameters);
    const body = [0, ...u32(TPM_CAP.TPM_PROPERTIES), ...u32(1), ...u32(TPM_PT.CONTEXT_GAP_MAX), ...u32(255)];
    const adapted = (bytes: Uint8Array, response = success(Uint8Array.from(body))) => {
      adaptProperties(parts, context, bytes, response);
      return readUint32(response, 23);
    };
    assert.equal(adapted(plain), 0xffffffff);
    const session = [{ session: LOADED_SESSION_FIRST, attributes: AUDIT_SESSION }];
    assert.equal(adapted(authorized('GetCapability', [], parameters, session)), 255);
    const tagged = plain.slice();
    tagged[1] = 2;
    assert.equal(adapted(tagged), 255);
    assert.equal(adapted(command('GetCapability', [...parameters, 0])), 255);
    assert.equal(adapted(command('GetCapability', [...u32(TPM_CAP.ALGS), ...parameters.slice(4)])), 255);
    const refused = success(Uint8Array.from(body));
    refused[9] = 1;
    assert.equal(adapted(plain, refused), 255);
    const emptyList = [0, ...u32(TPM_CAP.TPM_PROPERTIES), ...u32(0), ...body.slice(9)];
    assert.equal(adapted(plain, success(Uint8Array.from(emptyList))), 255, 'behind the end of the list');
  });

  it('does not change properties that a response contains incompletely', async () => {
    for (let cutsProperties = 1; cutsProperties <= 8; cutsProperties++) {
      const { tpm, broker } = await scriptedBroker({ cutsProperties });
      const question = listProperties(TPM_PT.CONTEXT_GAP_MAX, 1);
      assert.deepEqual(await broker.client().exchange(question), tpm.transmit(question));
    }
  });
});
