import assert from 'node:assert/strict';
import { readUint32 } from '../../../../ts-core/domain/tpm/command-header.js';
import { TPM_PT, TRANSIENT_FIRST } from '../../../../ts-core/domain/tpm20/codes.js';
import {
  blobIn,
  command,
  contextLoad,
  contextSave,
  createPrimary,
  flushContext,
  getRandom,
  handleIn,
  listHandles,
  listProperties,
  policyGetDigest,
  sign,
  startAuthSession,
  startup,
} from '../../../support/tpm20-commands.js';
import { scriptedBroker } from '../../../support/virtual-tpm20.js';

describe('the direct path of TPM 2.0', () => {
  it('sends commands without handles, or with resident ones, in place and without an exchange', async () => {
    const { broker } = await scriptedBroker();
    const [first, second] = [broker.client(), broker.client()];
    handleIn(await first.send(createPrimary()));
    handleIn(await second.send(createPrimary()));
    const bytes = sign(TRANSIENT_FIRST);
    const { direct } = broker.virtualizer;
    const physical = direct.begin(second.contextId, bytes);
    assert.equal(physical, bytes, 'the command’s own buffer');
    assert.equal(readUint32(bytes, 10), TRANSIENT_FIRST + 1);
    direct.failed();
    assert.equal(readUint32(bytes, 10), TRANSIENT_FIRST, 'the caller’s handle is restored');
    assert.equal(direct.begin(second.contextId, createPrimary()), null);
    assert.equal(await second.code(sign(TRANSIENT_FIRST)), 0, 'the tables are compared and work goes on');
    assert.notEqual(direct.begin(second.contextId, listProperties(TPM_PT.FIXED, 1)), null);
  });

  it('leaves everything else to an exchange', async () => {
    const { broker } = await scriptedBroker();
    const client = broker.client();
    for (let number = 0; number < 4; number++) handleIn(await client.send(createPrimary()));
    const { direct } = broker.virtualizer;
    for (const refused of [
      sign(TRANSIENT_FIRST),
      sign(TRANSIENT_FIRST + 9),
      startup(),
      flushContext(TRANSIENT_FIRST),
      listHandles(TRANSIENT_FIRST, 9),
      startAuthSession(),
      command(0x999, []),
    ]) {
      assert.equal(direct.begin(client.contextId, refused), null);
    }
  });
});

describe('whether a TPM 2.0 command needs a swap', () => {
  it('is known for objects without touching them', async () => {
    const { tpm, broker } = await scriptedBroker();
    const [first, second] = [broker.client(), broker.client()];
    const need = (client: typeof first, bytes: Uint8Array) => broker.virtualizer.swapNeed(client.contextId, bytes);
    for (let number = 0; number < 3; number++) handleIn(await first.send(createPrimary()));
    assert.equal(need(first, sign(TRANSIENT_FIRST)), 'resident');
    assert.equal(need(second, createPrimary()), 'none', 'nothing is known of a limit yet');
    handleIn(await second.send(createPrimary()));
    // The TPM has three slots: the first object went, and comes back in place of the second.
    assert.equal(need(first, sign(TRANSIENT_FIRST)), 'swap');
    assert.equal(await first.code(sign(TRANSIENT_FIRST)), 0);
    tpm.log.length = 0;
    assert.equal(need(first, sign(TRANSIENT_FIRST)), 'resident');
    assert.equal(need(first, sign(TRANSIENT_FIRST + 1)), 'swap');
    assert.equal(need(second, sign(TRANSIENT_FIRST)), 'resident');
    assert.equal(need(second, sign(TRANSIENT_FIRST + 1)), 'none', 'not there at all');
    assert.equal(need(second, getRandom(8)), 'none');
    assert.equal(need(second, createPrimary()), 'swap', 'needs another’s slot');
    assert.equal(need(second, startAuthSession()), 'none');
    assert.equal(need(first, flushContext(TRANSIENT_FIRST)), 'resident', 'frees a slot');
    assert.equal(need(first, flushContext(TRANSIENT_FIRST + 1)), 'none');
    assert.equal(need(first, contextSave(TRANSIENT_FIRST + 1)), 'none', 'is saved already');
    assert.equal(need(first, Uint8Array.of(0x80, 0x02, 0, 0, 0, 10, 0, 0, 1, 0x5d)), 'none', 'malformed');
    assert.deepEqual(tpm.log, []);
    // Had asking counted as use, another one would go now than the least recently used.
    handleIn(await second.send(createPrimary()));
    assert.equal(need(first, sign(TRANSIENT_FIRST + 2)), 'swap');
    assert.equal(need(first, sign(TRANSIENT_FIRST)), 'resident');
  });

  it('is known for sessions, loading a saved one included', async () => {
    const { broker, tpm } = await scriptedBroker({ sessionSlots: 2 });
    const [first, second] = [broker.client(), broker.client()];
    const need = (client: typeof first, bytes: Uint8Array) => broker.virtualizer.swapNeed(client.contextId, bytes);
    const handles: number[] = [];
    for (let number = 0; number < 3; number++) handles.push(handleIn(await first.send(startAuthSession())));
    const [oldest, middle, newest] = handles as [number, number, number];
    assert.equal(need(first, policyGetDigest(oldest)), 'swap');
    await first.send(policyGetDigest(oldest));
    tpm.log.length = 0;
    assert.equal(need(first, policyGetDigest(middle)), 'swap');
    assert.equal(need(first, policyGetDigest(newest)), 'resident');
    assert.equal(need(second, policyGetDigest(newest)), 'none', 'another context’s');
    assert.equal(need(second, startAuthSession()), 'swap');
    assert.deepEqual(tpm.log, []);
    const blob = blobIn(await first.send(contextSave(newest)));
    handleIn(await second.send(startAuthSession()));
    assert.equal(need(first, contextLoad(blob)), 'swap');
    assert.equal(need(second, createPrimary()), 'none', 'objects have slots of their own');
  });
});
