import assert from 'node:assert/strict';
import { SlotEstimate, type Used, UseOrder } from '../../../ts-core/domain/virtualization/eviction-choice.js';

function setUp() {
  const order = new UseOrder();
  const add = (): Used => ({ lastUse: order.next(), pinnedBy: 0 });
  const [first, second] = [add(), add()];
  order.beginExchange();
  return { order, first, second };
}

describe('the order of use', () => {
  it('begins with what was used first', () => {
    const { order, first, second } = setUp();
    assert.equal(order.leastRecentlyUsed([second, first]), first);
    assert.equal(order.leastRecentlyUsed([]), undefined);
  });

  it('changes when something is used again', () => {
    const { order, first, second } = setUp();
    order.touch(first);
    order.beginExchange();
    assert.equal(order.leastRecentlyUsed([first, second]), second);
  });

  it('leaves out what the running exchange needs, until the next exchange', () => {
    const { order, first, second } = setUp();
    order.touch(first);
    order.touch(second);
    assert.equal(order.leastRecentlyUsed([first, second]), undefined);
    order.beginExchange();
    assert.equal(order.leastRecentlyUsed([first, second]), first);
  });

  it('is unchanged by a pin, which holds until the next exchange', () => {
    const { order, first, second } = setUp();
    order.pin(first);
    assert.equal(order.leastRecentlyUsed([first, second]), second);
    order.beginExchange();
    assert.equal(order.leastRecentlyUsed([first, second]), first);
  });
});

describe('the estimate of free slots', () => {
  it('is unlimited until the TPM has rejected a resource', () => {
    const slots = new SlotEstimate();
    slots.accepted(50);
    assert.deepEqual([slots.isFull(50), slots.mustEvictFirst(50)], [false, false]);
  });

  it('is reached with as many resources as fitted when the TPM rejected another', () => {
    const slots = new SlotEstimate();
    slots.refused(3);
    assert.deepEqual(
      [slots.isFull(2), slots.isFull(3), slots.mustEvictFirst(2), slots.mustEvictFirst(3)],
      [false, true, false, true],
    );
  });

  it('assumes one slot even if the TPM rejects a resource with none in use', () => {
    const slots = new SlotEstimate();
    slots.refused(0);
    assert.deepEqual([slots.isFull(0), slots.isFull(1)], [false, true]);
  });

  it('grows when more fit than before, and never shrinks when the TPM accepts', () => {
    const slots = new SlotEstimate();
    slots.refused(3);
    slots.accepted(2);
    assert.equal(slots.isFull(3), true);
    slots.accepted(4);
    assert.deepEqual([slots.isFull(3), slots.isFull(4)], [false, true]);
  });

  it('allows another try at the TPM once in 64 times', () => {
    const slots = new SlotEstimate();
    slots.refused(3);
    const answers = Array.from({ length: 128 }, () => slots.mustEvictFirst(3));
    assert.deepEqual(
      answers.flatMap((full, index) => (full ? [] : [index + 1])),
      [64, 128],
    );
  });

  it('can be reset', () => {
    const slots = new SlotEstimate();
    slots.refused(3);
    slots.forget();
    assert.equal(slots.isFull(100), false);
  });
});
