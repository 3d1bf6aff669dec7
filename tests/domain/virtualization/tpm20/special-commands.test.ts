import assert from 'node:assert/strict';
import { TPM_RC, TRANSIENT_FIRST } from '../../../../ts-core/domain/tpm20/codes.js';
import {
  authorized,
  changeEps,
  changePps,
  clear,
  command,
  createPrimary,
  type Hierarchy,
  handleIn,
  hierarchyControl,
  policyGetDigest,
  readPublic,
  startAuthSession,
  startup,
  u32,
} from '../../../support/tpm20-commands.js';
import { scriptedBroker } from '../../../support/virtual-tpm20.js';

describe('TPM 2.0 special commands', () => {
  it('Startup gets the response of a started TPM and is never sent', async () => {
    const { tpm, broker } = await scriptedBroker();
    tpm.log.length = 0;
    assert.equal(await broker.client('uid:0').code(startup()), TPM_RC.INITIALIZE);
    const malformed = authorized('Startup', [], []).subarray(0, 12);
    assert.equal(await broker.client('uid:0').code(malformed), TPM_RC.INSUFFICIENT);
    assert.deepEqual(tpm.log, []);
  });

  it('a command that the TPM does not list gets TPM_RC_COMMAND_CODE and is not sent', async () => {
    const { tpm, broker } = await scriptedBroker();
    tpm.log.length = 0;
    assert.equal(await broker.client().code(command(0x20000001, u32(TRANSIENT_FIRST))), TPM_RC.COMMAND_CODE);
    assert.equal(await broker.client().code(command('Unseal', u32(TRANSIENT_FIRST))), TPM_RC.COMMAND_CODE);
    assert.deepEqual(tpm.log, []);
  });

  describe('that void hierarchies', () => {
    /**
     * Creates three keys in each named hierarchy, so that some are evicted, and returns the codes of reading each key.
     */
    async function keysOf(...hierarchies: Hierarchy[]) {
      const { tpm, broker } = await scriptedBroker();
      const client = broker.client();
      const handles: number[] = [];
      for (const hierarchy of hierarchies) {
        for (let number = 0; number < 3; number++) {
          handles.push(handleIn(await client.send(createPrimary({ hierarchy }))));
        }
      }
      const codes = async () => {
        const read: number[] = [];
        for (const handle of handles) read.push(await client.code(readPublic(handle)));
        return read;
      };
      const held = () => broker.virtualizer.counts(client.contextId).transient;
      return { tpm, broker, client, codes, held };
    }
    const GONE = [TPM_RC.REFERENCE_H0, TPM_RC.REFERENCE_H0, TPM_RC.REFERENCE_H0];
    const THERE = [0, 0, 0];

    it('Clear removes the objects of owner and endorsement, loaded and evicted ones', async () => {
      const { client, codes, held } = await keysOf('owner', 'endorsement', 'null');
      assert.equal(await client.code(clear()), 0);
      assert.equal(held(), 3, 'known without asking for each');
      assert.deepEqual(await codes(), [...GONE, ...GONE, ...THERE]);
    });

    it('Clear removes those that are in the TPM and were never saved', async () => {
      const { client, codes, held } = await keysOf('null', 'endorsement');
      assert.equal(await client.code(clear()), 0);
      assert.equal(held(), 3);
      assert.deepEqual(await codes(), [...THERE, ...GONE]);
    });

    it('ChangeEPS removes those of endorsement, and ChangePPS those of the platform', async () => {
      const { client, codes, held } = await keysOf('owner', 'endorsement', 'platform');
      assert.equal(await client.code(changeEps()), 0);
      assert.equal(held(), 6);
      assert.deepEqual(await codes(), [...THERE, ...GONE, ...THERE]);
      assert.equal(await client.code(changePps()), 0);
      assert.equal(held(), 3);
      assert.deepEqual(await codes(), [...THERE, ...GONE, ...GONE]);
    });

    it('HierarchyControl removes those of the hierarchy that it disables, and none when it enables one', async () => {
      const { tpm, client, codes, held } = await keysOf('owner', 'endorsement');
      tpm.takeLog();
      assert.equal(await client.code(hierarchyControl('owner', 'on')), 0);
      assert.deepEqual(tpm.takeLog(), ['HierarchyControl', 'ReadClock'], 'nothing to compare');
      assert.equal(held(), 6);
      assert.equal(await client.code(hierarchyControl('owner', 'off')), 0);
      assert.equal(held(), 3);
      assert.deepEqual(await codes(), [...GONE, ...THERE]);
    });

    it('leave the objects of all contexts unchanged if they fail, and the sessions in any case', async () => {
      const { tpm, broker, client, held } = await keysOf('owner');
      const other = broker.client('uid:1001');
      const key = handleIn(await other.send(createPrimary({ hierarchy: 'owner' })));
      const session = handleIn(await other.send(startAuthSession()));
      tpm.refuses('Clear', TPM_RC.DISABLED);
      assert.equal(await client.code(clear()), TPM_RC.DISABLED);
      assert.equal(held(), 3);
      assert.equal(await other.code(readPublic(key)), 0);
      assert.equal(await client.code(clear()), 0);
      assert.equal(await other.code(readPublic(key)), TPM_RC.REFERENCE_H0);
      assert.equal(await other.code(policyGetDigest(session)), 0);
    });

    it('put the TPM’s new reset counts into the snapshot', async () => {
      const { tpm, broker, client } = await keysOf('owner');
      tpm.resetCount = 7;
      let changes = 0;
      broker.virtualizer.onSnapshotChange = () => changes++;
      assert.equal(await client.code(changePps()), 0);
      assert.deepEqual(broker.virtualizer.snapshot().resetCounts, { resetCount: 7, restartCount: 0 });
      assert.ok(changes > 0);
    });
  });
});
