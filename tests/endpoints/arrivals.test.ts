import assert from 'node:assert/strict';
import type { Caller } from '../../ts-core/domain/caller.js';
import { Arrivals } from '../../ts-core/endpoints/arrivals.js';
import type { ByteConnection } from '../../ts-core/endpoints/byte-connection.js';
import { ConnectionCounts } from '../../ts-core/endpoints/connection-counts.js';
import type { IncomingConnection } from '../../ts-core/endpoints/incoming-connection.js';
import { FakeByteConnection } from '../support/fake-byte-connection.js';
import { fakeTurns } from '../support/fake-turns.js';

const ALICE: Caller = { userKey: 'uid:1', callerClass: 'standardUser' };

describe('a connection that waits to be set up', () => {
  function incoming(overrides: Partial<IncomingConnection> = {}) {
    const seen = { opened: 0, refused: 0 };
    const connection: IncomingConnection = {
      identify: () => ALICE,
      peerIsGone: () => false,
      open: () => {
        seen.opened++;
        return new FakeByteConnection();
      },
      refuse: () => void seen.refused++,
      ...overrides,
    };
    return { connection, seen };
  }

  function arrivals() {
    const { source, turns } = fakeTurns();
    const setUp: ByteConnection[] = [];
    const counts = new ConnectionCounts({ maxConnections: 1, maxConnectionsPerUser: 1 });
    const waiting = new Arrivals(turns, counts);
    const add = (connection: IncomingConnection): void =>
      waiting.add({ connection, caller: ALICE, setUp: (bytes) => void setUp.push(bytes) });
    const counted = () => counts.reachedLimit(ALICE) !== undefined;
    return { waiting, source, turns, setUp, counted, add };
  }

  it('is set up in its user’s turn, and not before, and counts all the time', () => {
    const { source, setUp, counted, add } = arrivals();
    const { connection, seen } = incoming();
    assert.equal(counted(), false);
    add(connection);
    assert.deepEqual([seen, counted()], [{ opened: 0, refused: 0 }, true]);
    source.run();
    assert.deepEqual([setUp.length, counted()], [1, true]);
  });

  it('costs only its descriptor if the peer has disconnected meanwhile', () => {
    const { source, setUp, counted, add } = arrivals();
    const { connection, seen } = incoming({ peerIsGone: () => true });
    add(connection);
    source.run();
    assert.deepEqual(seen, { opened: 0, refused: 1 });
    assert.deepEqual([setUp, counted()], [[], false]);
  });

  it('counts no longer if it cannot be set up', () => {
    const { source, setUp, counted, add } = arrivals();
    const { connection, seen } = incoming({
      open: () => {
        throw new Error('the connection closed before it was taken over');
      },
    });
    add(connection);
    source.run();
    assert.equal(seen.refused, 1);
    assert.deepEqual([setUp, counted()], [[], false]);
  });

  it('is refused when the endpoint closes, and is not served afterwards', () => {
    const { waiting, source, turns, setUp, counted, add } = arrivals();
    const { connection, seen } = incoming();
    add(connection);
    waiting.close();
    assert.deepEqual(seen, { opened: 0, refused: 1 });
    assert.equal(turns.waiting, 0);
    source.run();
    assert.deepEqual([setUp, counted()], [[], false]);
  });

  it('has its bytes received immediately while nobody waits, and else in its user’s turn', () => {
    const { source, turns, add } = arrivals();
    let pace: ((receive: () => void) => void) | undefined;
    const bytes = Object.assign(new FakeByteConnection(), {
      paceBy: (given: (receive: () => void) => void) => {
        pace = given;
      },
    });
    add(incoming({ open: () => bytes }).connection);
    source.run();
    const received: string[] = [];
    pace?.(() => received.push('while nobody waits'));
    assert.deepEqual(received, ['while nobody waits']);
    turns.addOnce('uid:2', () => received.push('another user'));
    pace?.(() => received.push('in turn'));
    assert.equal(received.length, 1);
    source.run();
    assert.deepEqual(received.slice(1).sort(), ['another user', 'in turn']);
  });
});
