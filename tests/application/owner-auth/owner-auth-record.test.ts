import assert from 'node:assert/strict';
import { OwnerAuthRecords } from '../../../ts-core/application/owner-auth/owner-auth-record.js';
import { MemoryStore } from '../../support/memory-store.js';

describe('the record of the owner authorization', () => {
  it('is empty at first, and has the stored content after a restart', async () => {
    const store = new MemoryStore();
    const records = new OwnerAuthRecords(store);
    assert.deepEqual([records.current.appliedLevel, records.current.autoProvisioning], [undefined, 'NotDefined']);
    await records.update({ appliedLevel: 4, wellKnownOwner: true });
    const { appliedLevel, wellKnownOwner, autoProvisioning } = new OwnerAuthRecords(store).current;
    assert.deepEqual([appliedLevel, wellKnownOwner, autoProvisioning], [4, true, 'NotDefined']);
  });

  it('changes only once the change is durable', async () => {
    const store = new MemoryStore();
    const records = new OwnerAuthRecords(store);
    store.put = () => Promise.reject(new Error('ENOSPC'));
    await assert.rejects(records.update({ appliedLevel: 4 }), /ENOSPC/);
    assert.equal(records.current.appliedLevel, undefined);
  });

  it('contains both of two simultaneous changes', async () => {
    const records = new OwnerAuthRecords(new MemoryStore());
    await Promise.all([records.update({ appliedLevel: 2 }), records.update({ wellKnownOwner: true })]);
    assert.deepEqual([records.current.appliedLevel, records.current.wellKnownOwner], [2, true]);
  });

  it('is empty if the store holds something else', async () => {
    const store = new MemoryStore();
    for (const damaged of [null, 5, 'text']) {
      store.kept.set('feature:ownerAuth', damaged);
      assert.equal(new OwnerAuthRecords(store).current.autoProvisioning, 'NotDefined');
    }
  });
});
