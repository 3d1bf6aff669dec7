/** Tests that rooms are reused, that nobody finds the content of another's, and that few are kept. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MAX_UNUSED_BYTES, MessageRooms } from '../../ts-core/endpoints/message-rooms.js';

describe('the rooms for messages', () => {
  it('are used again once they are given back, by bodies of about the same length', () => {
    const rooms = new MessageRooms();
    const first = rooms.take(60_000);
    rooms.giveBack(first);
    const again = rooms.take(61_000);
    assert.equal(again.buffer, first.buffer);
    assert.equal(again.length, 61_000);
    assert.notEqual(rooms.take(61_000).buffer, first.buffer);
  });

  it('are small for short replies, and shorter than a reply that is longer than the longest', () => {
    const rooms = new MessageRooms();
    assert.deepEqual(
      [1, 1024, 1025, 5000, 65_536, 1_000_000].map((bytes) => rooms.takeWhole(bytes).length),
      [1024, 1024, 4096, 8192, 65_536, 65_536],
    );
  });

  it('are wiped when they are given back, long ones and those of others as well', () => {
    const rooms = new MessageRooms();
    for (const body of [rooms.take(5000), rooms.take(100_000), Buffer.from('x'.repeat(5000)), Buffer.from('xy')]) {
      body.fill('x');
      rooms.giveBack(body);
      assert.ok(body.every((byte) => byte === 0));
    }
    assert.equal(rooms.unusedBytes, 8192);
  });

  it('never take a buffer of others, which may share its memory', () => {
    const rooms = new MessageRooms();
    const shared = Buffer.alloc(8192, 'x');
    rooms.giveBack(shared.subarray(0, 5000));
    assert.equal(rooms.unusedBytes, 0);
    assert.ok(shared.subarray(5000).every((byte) => byte === 'x'.charCodeAt(0)));
  });

  it('are kept up to a limit', () => {
    const rooms = new MessageRooms();
    const bodies = Array.from({ length: 300 }, () => rooms.take(65_536));
    for (const body of bodies) rooms.giveBack(body);
    assert.equal(rooms.unusedBytes, MAX_UNUSED_BYTES);
    // Node.js 20 leaves the others to its garbage collector.
    const isFreed = 'transfer' in ArrayBuffer.prototype;
    assert.equal(bodies.at(-1)?.buffer.byteLength, isFreed ? 0 : 65_536);
  });

  it('are never used by two holders at once, whatever is taken and given back', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 70_000 }), { maxLength: 40 });
    fc.assert(
      fc.property(lengths, fc.infiniteStream(fc.boolean()), (taken, givesBack) => {
        const rooms = new MessageRooms();
        const held: Buffer[] = [];
        for (const [index, length] of taken.entries()) {
          const body = rooms.take(length);
          assert.equal(body.length, length);
          body.fill(index + 1);
          held.push(body);
          if (givesBack.next().value === true) rooms.giveBack(held.shift() as Buffer);
        }
        const marks = held.map((body) => body[0]);
        assert.equal(new Set(marks).size, held.length);
        for (const body of held) assert.ok(body.every((byte) => byte === body[0]));
      }),
      { numRuns: 50 },
    );
  });
});
