import assert from 'node:assert/strict';
import { SnapshotWriter } from '../../../ts-core/application/contexts/store-snapshot.js';
import type { StateStore } from '../../../ts-core/application/ports/state-store.js';
import { FakeClock } from '../../support/fake-clock.js';
import { PassThroughVirtualizer } from '../../support/pass-through-virtualizer.js';
import { quietLog } from '../../support/quiet-log.js';

/** A store that records its writes; the test decides when each of them ends. */
class SlowStore implements StateStore {
  readonly writes: (() => void)[] = [];
  readonly written: unknown[] = [];
  get(): undefined {
    return undefined;
  }
  put(_name: string, value: unknown): Promise<void> {
    this.written.push(value);
    return new Promise((resolve) => this.writes.push(resolve));
  }
  async delete(): Promise<void> {}
  async close(): Promise<void> {}
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('the snapshot of the virtualizer', () => {
  function setUp() {
    const [virtualizer, store, clock, log] = [
      new PassThroughVirtualizer(),
      new SlowStore(),
      new FakeClock(),
      quietLog(),
    ];
    const writer = new SnapshotWriter({ virtualizer, store, clock, log });
    return { writer, virtualizer, clock, store, log, changes: () => virtualizer.onSnapshotChange?.() };
  }

  it('is written at the first change, and then at most every 200 ms', async () => {
    const { clock, store, changes } = setUp();
    changes();
    changes();
    assert.equal(store.writes.length, 1);
    store.writes[0]?.();
    await settled();
    changes();
    clock.advance(199);
    assert.equal(store.writes.length, 1);
    clock.advance(1);
    assert.equal(store.writes.length, 2);
  });

  it('is written within 20 ms if it has a handle that the stored one lacks', async () => {
    const { virtualizer, clock, store, changes } = setUp();
    virtualizer.ownedHandles = [1, 2];
    changes();
    store.writes[0]?.();
    await settled();
    virtualizer.ownedHandles = [2, 3];
    changes();
    clock.advance(19);
    assert.equal(store.writes.length, 1);
    clock.advance(1);
    assert.equal(store.writes.length, 2);
    store.writes[1]?.();
    await settled();
    virtualizer.ownedHandles = [3];
    changes();
    clock.advance(199);
    assert.equal(store.writes.length, 2);
    clock.advance(1);
    assert.equal(store.writes.length, 3);
  });

  it('waits for the pause after a write, however many changes there are', async () => {
    const { clock, store, changes } = setUp();
    changes();
    store.writes[0]?.();
    await settled();
    changes();
    changes();
    assert.equal(store.writes.length, 1);
    assert.equal(clock.pendingTimers(), 1);
    clock.advance(200);
    assert.equal(store.writes.length, 2);
  });

  it('is not written again without changes', async () => {
    const { clock, store, changes } = setUp();
    changes();
    store.writes[0]?.();
    await settled();
    clock.advance(10_000);
    assert.equal(store.writes.length, 1);
    assert.equal(clock.pendingTimers(), 0);
  });

  it('is written a last time at the stop, after a write in progress, and never again', async () => {
    const { writer, clock, store, changes } = setUp();
    changes();
    const stopped = writer.stop();
    await settled();
    assert.equal(store.writes.length, 1);
    store.writes[0]?.();
    await settled();
    assert.equal(store.writes.length, 2);
    store.writes[1]?.();
    await stopped;
    // Others may use the TPM while no broker runs.
    assert.deepEqual(store.written, [
      { savedSessions: [], ownedHandles: [], unmanagedObjects: [] },
      { savedSessions: [], ownedHandles: [] },
    ]);
    assert.equal(clock.pendingTimers(), 0);
    changes();
    clock.advance(10_000);
    assert.equal(store.writes.length, 2);
    assert.equal(clock.pendingTimers(), 0);
  });

  it('leaves no timer after a stop in the pause between two writes', async () => {
    const { writer, clock, store, changes } = setUp();
    changes();
    store.writes[0]?.();
    await settled();
    assert.equal(clock.pendingTimers(), 1);
    const stopped = writer.stop();
    await settled();
    store.writes[1]?.();
    await stopped;
    assert.equal(clock.pendingTimers(), 0);
  });

  it('is still written after a failed write, which is logged', async () => {
    const { clock, store, log, changes } = setUp();
    const error = new Error('the disk is full');
    store.put = () => Promise.reject(error);
    changes();
    await settled();
    assert.match(log.lines[0]?.message ?? '', /^cannot store the list of saved sessions/);
    assert.deepEqual(log.lines[0]?.fields, { error });
    Reflect.deleteProperty(store, 'put');
    changes();
    clock.advance(200);
    assert.equal(store.writes.length, 1);
  });
});
