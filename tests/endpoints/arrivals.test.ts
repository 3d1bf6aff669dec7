import assert from 'node:assert/strict';
import { Arrivals } from '../../ts-core/endpoints/arrivals.js';
import type { ByteConnection } from '../../ts-core/endpoints/byte-connection.js';
import type { IncomingConnection } from '../../ts-core/endpoints/incoming-connection.js';
import { FakeByteConnection } from '../support/fake-byte-connection.js';
import { fakeTurns } from '../support/fake-turns.js';

describe('a connection that waits to be set up', () => {
  function incoming(overrides: Partial<IncomingConnection> = {}) {
    const seen = { opened: 0, refused: 0 };
    const connection: IncomingConnection = {
      identify: () => ({ userKey: 'uid:1', callerClass: 'standardUser' }),
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
    const told = { setUp: [] as ByteConnection[], gone: 0 };
    const waiting = new Arrivals(turns);
    const add = (connection: IncomingConnection, userKey = 'uid:1'): void =>
      waiting.add({
        connection,
        userKey,
        setUp: (bytes) => void told.setUp.push(bytes),
        onGone: () => void told.gone++,
      });
    return { waiting, source, turns, told, add };
  }

  it('is set up in its user’s turn, and not before', () => {
    const { source, told, add } = arrivals();
    const { connection, seen } = incoming();
    add(connection);
    assert.deepEqual(seen, { opened: 0, refused: 0 });
    source.run();
    assert.equal(told.setUp.length, 1);
    assert.equal(told.gone, 0);
  });

  it('costs only its descriptor if the peer has disconnected meanwhile', () => {
    const { source, told, add } = arrivals();
    const { connection, seen } = incoming({ peerIsGone: () => true });
    add(connection);
    source.run();
    assert.deepEqual(seen, { opened: 0, refused: 1 });
    assert.deepEqual(told, { setUp: [], gone: 1 });
  });

  it('counts as gone if it cannot be set up', () => {
    const { source, told, add } = arrivals();
    const { connection, seen } = incoming({
      open: () => {
        throw new Error('the connection closed before it was taken over');
      },
    });
    add(connection);
    source.run();
    assert.equal(seen.refused, 1);
    assert.deepEqual(told, { setUp: [], gone: 1 });
  });

  it('is refused when the endpoint closes, and is not served afterwards', () => {
    const { waiting, source, turns, told, add } = arrivals();
    const { connection, seen } = incoming();
    add(connection);
    waiting.close();
    assert.deepEqual(seen, { opened: 0, refused: 1 });
    assert.equal(turns.waiting, 0);
    source.run();
    assert.deepEqual(told, { setUp: [], gone: 1 });
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
