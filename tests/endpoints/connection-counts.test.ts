import assert from 'node:assert/strict';
import type { Caller } from '../../ts-core/domain/caller.js';
import { ConnectionCounts } from '../../ts-core/endpoints/connection-counts.js';

const ALICE: Caller = { userKey: 'uid:1000', callerClass: 'standardUser' };
const BOB: Caller = { userKey: 'uid:1001', callerClass: 'standardUser' };
const ROOT: Caller = { userKey: 'uid:0', callerClass: 'administrator' };

describe('the connections of an endpoint', () => {
  function counts(limits: { maxConnections?: number; maxConnectionsPerUser?: number }): ConnectionCounts {
    return new ConnectionCounts({ maxConnections: 100, maxConnectionsPerUser: 100, ...limits });
  }

  function add(open: ConnectionCounts, caller: Caller, count: number): void {
    for (let added = 0; added < count; added++) open.add(caller);
  }

  it('are limited for each user separately', () => {
    const open = counts({ maxConnectionsPerUser: 2 });
    add(open, ALICE, 1);
    assert.equal(open.reachedLimit(ALICE), undefined);
    add(open, ALICE, 1);
    assert.equal(open.reachedLimit(ALICE), 'maxConnectionsPerUser');
    assert.equal(open.reachedLimit(BOB), undefined);
  });

  it('are limited for an administrator only together with everybody’s', () => {
    const open = counts({ maxConnections: 16, maxConnectionsPerUser: 2 });
    add(open, ROOT, 15);
    assert.equal(open.reachedLimit(ROOT), undefined);
    add(open, ROOT, 1);
    assert.equal(open.reachedLimit(ROOT), 'maxConnections');
  });

  it('leave administrators a share of the total limit', () => {
    const open = counts({ maxConnections: 16 });
    add(open, ALICE, 14);
    assert.equal(open.reachedLimit(BOB), undefined);
    add(open, ALICE, 1);
    assert.equal(open.reachedLimit(BOB), 'maxConnections');
    assert.equal(open.reachedLimit(ROOT), undefined);
  });

  it('make room for others when they end', () => {
    const open = counts({ maxConnections: 2, maxConnectionsPerUser: 1 });
    add(open, ALICE, 1);
    add(open, BOB, 1);
    open.remove(ALICE);
    assert.equal(open.reachedLimit(ALICE), undefined);
    assert.equal(open.reachedLimit(BOB), 'maxConnectionsPerUser');
    open.add(ALICE);
    open.remove(BOB);
    assert.equal(open.reachedLimit(ALICE), 'maxConnectionsPerUser');
  });
});
