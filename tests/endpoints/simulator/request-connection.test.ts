/** Tests a connection of a simulator's protocol: one request at a time, and one in each of its user's turns. */
import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { RequestConnection, type RequestProtocol } from '../../../ts-core/endpoints/simulator/request-connection.js';
import { fakeTurns } from '../../support/fake-turns.js';

class FakeSocket extends Duplex {
  readonly replies: string[] = [];
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.replies.push(String(chunk));
    done();
  }
  setTimeout(): this {
    return this;
  }
}

/** Requests of one byte, answered at once by the same. */
const ECHO: RequestProtocol = {
  extent: (received) => (received.length === 0 ? { kind: 'incomplete' } : { kind: 'complete', bytes: 1 }),
  answer: (request) => ({ bytes: request }),
  closed: () => {},
};

describe('a simulator connection', () => {
  it('answers a storm of requests one in each turn, so that others get their turns', async () => {
    const { source, turns } = fakeTurns();
    const socket = new FakeSocket();
    const options = { partialTimeoutMs: 1000, turns, userKey: 'uid:1000' };
    new RequestConnection(socket as unknown as ConstructorParameters<typeof RequestConnection>[0], ECHO, options);
    socket.push('x'.repeat(100));
    await new Promise(setImmediate);
    assert.deepEqual(socket.replies, [], 'nothing outside of a turn');
    for (let turn = 1; turn <= 100; turn++) {
      assert.equal(turns.waiting, 1);
      source.turn();
      await new Promise(setImmediate);
      assert.equal(socket.replies.length, turn);
    }
    assert.equal(turns.waiting, 0);
  });

  it('drops unanswered requests when it closes', async () => {
    const { source, turns } = fakeTurns();
    const socket = new FakeSocket();
    const options = { partialTimeoutMs: 1000, turns, userKey: 'uid:1000' };
    new RequestConnection(socket as unknown as ConstructorParameters<typeof RequestConnection>[0], ECHO, options);
    socket.push('xyz');
    await new Promise(setImmediate);
    socket.destroy();
    await new Promise(setImmediate);
    assert.equal(turns.waiting, 0);
    source.run();
    assert.deepEqual(socket.replies, []);
  });
});
