/** Tests a connection of a simulator's protocol: one request at a time, and one in each of its user's turns. */
import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { TURN_MS } from '../../../ts-core/endpoints/fair-turns.js';
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
  /** A connection whose client has sent 100 requests, each of which takes a millisecond. */
  async function underStorm(answer: RequestProtocol['answer']) {
    const { source, turns } = fakeTurns();
    const socket = new FakeSocket();
    const protocol: RequestProtocol = {
      ...ECHO,
      answer: (request) => {
        source.nowMs++;
        return answer(request);
      },
    };
    const options = { partialTimeoutMs: 1000, turns, userKey: 'uid:1000' };
    new RequestConnection(socket as unknown as ConstructorParameters<typeof RequestConnection>[0], protocol, options);
    socket.push('x'.repeat(100));
    await new Promise(setImmediate);
    assert.deepEqual(socket.replies, [], 'nothing outside of a turn');
    return { source, turns, socket };
  }

  it('answers a storm of requests in turns that end in time, so that others get theirs', async () => {
    const { source, turns, socket } = await underStorm((request) => ({ bytes: request }));
    for (let turn = 1; turn <= 100 / TURN_MS; turn++) {
      assert.equal(turns.waiting, 1);
      source.turn();
      assert.equal(socket.replies.length, turn * TURN_MS);
    }
    assert.equal(turns.waiting, 0);
  });

  it('sends the reply to a request that had to wait in a turn, and takes the next one only then', async () => {
    const { source, socket } = await underStorm(async (request) => ({ bytes: request }));
    for (let answered = 0; answered < 3; answered++) {
      source.run();
      assert.equal(socket.replies.length, answered);
      await new Promise(setImmediate);
      assert.equal(socket.replies.length, answered, 'nothing outside of a turn');
      source.turn();
      assert.equal(socket.replies.length, answered + 1);
    }
  });

  it('drops the reply to a request that had to wait if its client has left', async () => {
    let finish = (): void => assert.fail('no request was taken');
    const { source, turns, socket } = await underStorm(
      (request) => new Promise((resolve) => (finish = () => resolve({ bytes: request }))),
    );
    source.run();
    socket.destroy();
    finish();
    await new Promise(setImmediate);
    assert.equal(turns.waiting, 0);
    assert.deepEqual(socket.replies, []);
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
