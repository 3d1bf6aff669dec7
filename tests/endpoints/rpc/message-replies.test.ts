import assert from 'node:assert/strict';
import { MessageReplies } from '../../../ts-core/endpoints/rpc/message-replies.js';

function setUp(parts: number, isBatch: boolean) {
  let taken = 0;
  const budget = {
    take: (bytes: number): void => {
      taken += bytes;
    },
    give: (bytes: number): void => {
      taken -= bytes;
    },
    capacity: 100,
    get isFull(): boolean {
      return taken >= 100;
    },
  };
  const done: string[] = [];
  const replies = new MessageReplies(parts, isBatch, budget as never, (texts) => void done.push(texts.join('')));
  return { replies, done, taken: () => taken };
}

describe('the replies to one message', () => {
  it('to a single call are sent immediately', () => {
    const { replies, done, taken } = setUp(1, false);
    replies.add('{}');
    assert.deepEqual([done, taken()], [['{}'], 0]);
  });

  it('to a batch are sent together after the last call, and are charged to their user until then', () => {
    const { replies, done, taken } = setUp(3, true);
    replies.add('{"a":1}');
    replies.add();
    assert.deepEqual([done, taken()], [[], 7]);
    replies.add('{}');
    assert.deepEqual([done, taken()], [['[{"a":1},{}]'], 0]);
  });

  it('of several texts are one element of the list, and are charged as a whole', () => {
    const { replies, done, taken } = setUp(2, true);
    replies.add('{"a":', '[1,', '2]}');
    assert.equal(taken(), 11);
    replies.add('{}');
    assert.deepEqual([done, taken()], [['[{"a":[1,2]},{}]'], 0]);
  });

  it('are missing if no call needs one', () => {
    const { replies, done } = setUp(2, true);
    replies.add();
    replies.add();
    assert.deepEqual(done, ['']);
  });

  it('release their room if nobody will read them', () => {
    const { replies, taken } = setUp(2, true);
    replies.add('{"a":1}');
    replies.drop();
    assert.equal(taken(), 0);
  });

  it('to a batch are refused while the user’s budget is full, because the batch would wait for itself', () => {
    const { replies } = setUp(2, true);
    const limit = { bytes: 1000, setting: 'limits.batchBytes' };
    replies.add('x'.repeat(100));
    assert.throws(() => replies.requireRoom(limit), { details: { setting: 'limits.bytesPerUser', limit: 100 } });
  });

  it('to a batch have a limit, beyond which further calls are refused with the setting’s name', () => {
    const { replies } = setUp(3, true);
    const limit = { bytes: 7, setting: 'limits.batchBytes' };
    replies.requireRoom(limit);
    replies.add('{"a":1}');
    assert.throws(() => replies.requireRoom(limit), {
      symbol: 'TBS_E_TOO_MANY_RESOURCES',
      details: { setting: 'limits.batchBytes', limit: 7 },
    });
  });
});
