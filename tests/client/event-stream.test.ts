import assert from 'node:assert/strict';
import { EventStream } from '../../ts-core/client/event-stream.js';

const event = (message: string) => ({
  kind: 'warning' as const,
  time: '2026-11-29T00:00:00.000Z',
  message,
  details: {},
});

function streamOf(onReturn: () => void = () => undefined): EventStream {
  return new EventStream(onReturn);
}

async function messagesOf(stream: EventStream): Promise<string[]> {
  const messages: string[] = [];
  for await (const { message } of stream) messages.push(message);
  return messages;
}

describe('a stream of events', () => {
  it('returns past events before those that arrived while the broker was asked for them, each once', async () => {
    const stream = streamOf();
    stream.push(event('second'));
    stream.push(event('third'));
    stream.begin([event('first'), event('second')]);
    stream.finish();
    assert.deepEqual(await messagesOf(stream), ['first', 'second', 'third']);
  });

  it('wakes a waiting reader', async () => {
    const stream = streamOf();
    stream.begin([]);
    const next = stream.next();
    stream.push(event('late'));
    assert.equal((await next).value?.message, 'late');
  });

  it('throws the reason for its end after all events that had arrived', async () => {
    const stream = streamOf();
    stream.begin([]);
    stream.push(event('last'));
    stream.finish(new Error('the broker ended the connection'));
    assert.equal((await stream.next()).value?.message, 'last');
    await assert.rejects(stream.next(), /the broker ended the connection/);
  });

  it('ends for a reader who was already waiting', async () => {
    const stream = streamOf();
    const next = stream.next();
    stream.finish();
    assert.equal((await next).done, true);
  });

  it('reports that its reader has left, and stores nothing after that', async () => {
    let returned = 0;
    const stream = streamOf(() => returned++);
    stream.begin([event('one'), event('two')]);
    for await (const { message } of stream) {
      assert.equal(message, 'one');
      break;
    }
    stream.push(event('three'));
    assert.equal(returned, 1);
    assert.deepEqual(await messagesOf(stream), []);
  });

  it('drops the oldest unread events, and counts them', async () => {
    const stream = streamOf();
    stream.begin([]);
    for (let index = 0; index < 10_005; index++) stream.push(event(`${index}`));
    const { value } = await stream.next();
    assert.deepEqual([value?.message, value?.lost], ['5', 5]);
    assert.equal((await stream.next()).value?.lost, undefined);
  });
});
