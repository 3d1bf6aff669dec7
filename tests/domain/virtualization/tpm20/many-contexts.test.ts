import assert from 'node:assert/strict';
import { TPM_CC } from '../../../../ts-core/domain/tpm20/codes.js';
import { createPrimary, getRandom, handleIn, sign } from '../../../support/tpm20-commands.js';
import { scriptedBroker, TEST_LIMITS } from '../../../support/virtual-tpm20.js';

const CONTEXTS = 20_000;

describe('contexts that are open and idle', function () {
  this.timeout(60_000);

  it(`cost a command of another context nothing, though there are ${CONTEXTS} with a key each`, async () => {
    const { tpm, broker } = await scriptedBroker({}, { ...TEST_LIMITS, objectsPerUser: CONTEXTS });
    for (let count = 0; count < CONTEXTS; count++) handleIn(await broker.client('uid:1000').send(createPrimary()));
    const worker = broker.client('uid:1001');
    const key = handleIn(await worker.send(createPrimary()));
    const roundTrips = broker.roundTrips;
    tpm.log.length = 0;
    for (let round = 0; round < 10; round++) {
      assert.equal(await worker.code(getRandom(8)), 0);
      assert.equal(await worker.code(sign(key)), 0);
    }
    assert.equal(broker.roundTrips - roundTrips, 20);
    assert.deepEqual(new Set(tpm.log), new Set([TPM_CC.GetRandom, TPM_CC.Sign]));
  });
});
