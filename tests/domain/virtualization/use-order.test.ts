import assert from 'node:assert/strict';
import { type Used, UseOrder } from '../../../ts-core/domain/virtualization/use-order.js';

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
