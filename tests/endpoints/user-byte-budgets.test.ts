/** Tests that the budgets count one user's bytes across all connections. */
import assert from 'node:assert/strict';
import { ByteBudget, UserByteBudgets } from '../../ts-core/endpoints/user-byte-budgets.js';

const ALICE = { userKey: 'uid:1000', callerClass: 'standardUser' } as const;
const BOB = { userKey: 'uid:1001', callerClass: 'standardUser' } as const;

describe('budgets of bytes', () => {
  it('are shared by all connections of a user, and separate for each user', () => {
    const budgets = new UserByteBudgets(1000);
    const first = budgets.join(ALICE);
    assert.equal(budgets.join(ALICE), first);
    assert.notEqual(budgets.join(BOB), first);
    assert.equal(first.reading.capacity + first.calling.capacity + first.replying.capacity, 1000);
  });

  it('are removed with the last connection of their user', () => {
    const budgets = new UserByteBudgets(1000);
    const first = budgets.join(ALICE);
    budgets.join(ALICE);
    budgets.leave(ALICE);
    assert.equal(budgets.join(ALICE), first);
    budgets.leave(ALICE);
    budgets.leave(ALICE);
    assert.notEqual(budgets.join(ALICE), first);
  });

  it('refuse bytes beyond the limit, except for the first request, however large', () => {
    const budget = new ByteBudget(100);
    assert.ok(budget.tryTake(150));
    assert.ok(!budget.tryTake(1));
    budget.give(150);
    assert.ok(budget.tryTake(100));
    assert.ok(!budget.tryTake(1));
    assert.equal(budget.used, 100);
  });

  it('call back waiting connections once, when half is free again', () => {
    const budget = new ByteBudget(100);
    budget.take(100);
    let called = 0;
    const waiter = { roomAgain: () => void called++ };
    budget.waitForRoom(waiter);
    budget.waitForRoom(waiter);
    budget.give(40);
    assert.equal(called, 0);
    budget.give(20);
    budget.give(20);
    assert.equal(called, 1);
  });

  it('do not call back connections that have closed', () => {
    const budget = new ByteBudget(100);
    budget.take(100);
    const waiter = { roomAgain: () => assert.fail('called') };
    budget.waitForRoom(waiter);
    budget.stopWaiting(waiter);
    budget.give(100);
  });
});
