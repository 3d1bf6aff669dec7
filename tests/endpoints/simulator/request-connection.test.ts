/** Tests a connection of a simulator protocol: one request at a time, in turns of its user while the loop is busy. */
import assert from 'node:assert/strict';
import { MessageRooms } from '../../../ts-core/endpoints/message-rooms.js';
import { RequestConnection, type RequestProtocol } from '../../../ts-core/endpoints/simulator/request-connection.js';
import { TURN_MS } from '../../../ts-core/endpoints/user-turns.js';
import { FakeByteConnection } from '../../support/fake-byte-connection.js';
import { allowNothingAtOnce, fakeTurns } from '../../support/fake-turns.js';

/** Each request is one byte, and the reply, which is immediate, is the same byte. */
const ECHO: RequestProtocol = {
  extent: (received) => (received.length === 0 ? { kind: 'incomplete' } : { kind: 'complete', bytes: 1 }),
  answer: (request) => ({ bytes: request }),
  closed: () => {},
};

describe('a simulator connection', () => {
  /** Connects an in-memory client that sends these requests to a busy event loop; each takes a millisecond. */
  function connected(requests: string, protocol: Partial<RequestProtocol> = {}) {
    const { source, turns } = fakeTurns();
    allowNothingAtOnce(source, turns);
    const client = new FakeByteConnection();
    let closed = 0;
    const timed: RequestProtocol = {
      ...ECHO,
      ...protocol,
      answer: (request) => {
        source.nowMs++;
        return (protocol.answer ?? ECHO.answer)(request);
      },
      closed: () => void closed++,
    };
    new RequestConnection(client, timed, {
      partialTimeoutMs: 1000,
      turns,
      userKey: 'uid:1000',
      rooms: new MessageRooms(),
    });
    client.sends(requests);
    assert.equal(client.receivedBytes().length, 0, 'nothing outside of a turn');
    return { source, turns, client, replies: () => client.receivedBytes().toString(), closed: () => closed };
  }
  const afterMicrotasks = () => new Promise(setImmediate);

  it('answers a storm of requests in turns that end in time, so that others get theirs', () => {
    const { source, turns, client, replies } = connected('x'.repeat(100));
    assert.equal(client.reading, false);
    for (let turn = 1; turn <= 100 / TURN_MS; turn++) {
      assert.equal(turns.waiting, 1);
      source.turn();
      assert.equal(replies().length, turn * TURN_MS);
    }
    assert.equal(turns.waiting, 0);
    assert.equal(client.reading, true);
  });

  it('answers a single request immediately if the event loop is idle', () => {
    const { source, client, replies } = connected('');
    source.nowMs += 10 * TURN_MS;
    client.sends('x');
    assert.equal(replies(), 'x');
  });

  it('sends the reply to a request that had to wait in a turn, and takes the next one only then', async () => {
    const { source, turns, replies } = connected('xyz', { answer: async (request) => ({ bytes: request }) });
    for (let answered = 0; answered < 3; answered++) {
      source.run();
      turns.addOnce('uid:1001', () => {});
      assert.equal(replies(), 'xyz'.slice(0, answered));
      await afterMicrotasks();
      assert.equal(replies(), 'xyz'.slice(0, answered), 'nothing outside of a turn');
      source.turn();
      assert.equal(replies(), 'xyz'.slice(0, answered + 1));
    }
  });

  it('drops the reply to a request that had to wait if its client has left', async () => {
    let finish = (): void => assert.fail('no request was taken');
    const answer: RequestProtocol['answer'] = (request) =>
      new Promise((resolve) => (finish = () => resolve({ bytes: request })));
    const { source, turns, client, replies, closed } = connected('x', { answer });
    source.run();
    client.goes();
    finish();
    await afterMicrotasks();
    assert.deepEqual([turns.waiting, replies(), closed()], [0, '', 1]);
  });

  it('drops unanswered requests when it closes', () => {
    const { source, turns, client, replies, closed } = connected('xyz');
    client.goes();
    assert.equal(turns.waiting, 0);
    source.run();
    assert.deepEqual([replies(), closed()], ['', 1]);
  });

  it('takes no further request while a reply is unread, and the next when it is read', () => {
    const { source, turns, client } = connected('xyz');
    client.clientReads = false;
    source.run();
    assert.deepEqual([client.unsentBytes(), turns.waiting, client.reading], [1, 0, false]);
    client.readsEverything();
    source.run();
    assert.equal(client.receivedBytes().toString(), 'yz');
  });

  it('joins the parts of a request, and answers it when it is complete', () => {
    const extent: RequestProtocol['extent'] = (received) =>
      received.length < 3 ? { kind: 'incomplete' } : { kind: 'complete', bytes: 3 };
    const { source, turns, client, replies } = connected('a', { extent });
    assert.equal(turns.waiting, 0);
    client.sends('b');
    client.sends('cd');
    source.run();
    assert.equal(replies(), 'abc');
  });

  it('closes after the reply to a request that ends the session, and to a stream that cannot be parsed', () => {
    const bye = connected('xy', { answer: (request) => ({ bytes: request, thenClose: true }) });
    bye.source.run();
    assert.deepEqual([bye.replies(), bye.client.closed], ['x', 'flushing']);
    const { client } = connected('', { extent: () => ({ kind: 'refused', reply: Uint8Array.of(0x21) }) });
    client.sends('x');
    assert.deepEqual([client.receivedBytes().toString(), client.closed], ['!', 'flushing']);
  });

  it('closes when a request that had to wait fails', async () => {
    const { source, client } = connected('x', { answer: () => Promise.reject(new Error('the broker is stopping')) });
    source.run();
    await afterMicrotasks();
    assert.equal(client.closed, 'at once');
  });
});
