import assert from 'node:assert/strict';
import { claimStateFormat, STATE_FORMAT } from '../../../ts-core/application/state/state-format.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { MemoryStore } from '../../support/memory-store.js';

const RECORD = 'feature:stateFormat';
const claim = (store: MemoryStore, version = '1.0.0') => claimStateFormat(store, version, '/var/lib/tpmtbs');

describe('the format of the state', () => {
  it('is noted in a new store, and in one without a format', async () => {
    const store = new MemoryStore();
    await claim(store);
    assert.deepEqual(store.get(RECORD), { format: STATE_FORMAT, writtenBy: '1.0.0' });
  });

  it('lets an older version with the same format use the state', async () => {
    const store = new MemoryStore();
    await claim(store, '1.2.0');
    await claim(store, '1.1.0');
    assert.deepEqual(store.get(RECORD), { format: STATE_FORMAT, writtenBy: '1.1.0' });
  });

  it('makes an older version refuse, name the version that wrote it and what to do, and change nothing', async () => {
    const store = new MemoryStore();
    const newer = { format: STATE_FORMAT + 1, writtenBy: '9.0.0' };
    await store.put(RECORD, newer);
    await assert.rejects(claim(store), (error: unknown) => {
      assert.ok(error instanceof TbsError);
      assert.match(error.message, /TpmTbs 9\.0\.0 wrote the state in \/var\/lib\/tpmtbs in format 2/);
      assert.match(error.action, /Install TpmTbs 9\.0\.0/);
      return error.details['reason'] === 'newerState';
    });
    assert.deepEqual(store.get(RECORD), newer);
  });

  it('is written once, not at every start', async () => {
    const store = new MemoryStore();
    await claim(store);
    store.put = () => assert.fail('written again');
    await claim(store);
  });
});
