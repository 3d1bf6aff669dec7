import assert from 'node:assert/strict';
import fc from 'fast-check';
import { HeldBytes } from '../../ts-core/endpoints/held-bytes.js';
import { MessageRooms } from '../../ts-core/endpoints/message-rooms.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (held: HeldBytes): string => new TextDecoder().decode(held.view());

describe('held bytes', () => {
  it('are what was added and not dropped, in order, whatever the lengths', () => {
    const rooms = new MessageRooms();
    const step = fc.oneof(
      fc.record({ add: fc.uint8Array({ maxLength: 9000 }) }),
      fc.record({ drop: fc.nat({ max: 9000 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const held = new HeldBytes(rooms);
        let expected = Buffer.alloc(0);
        for (const each of steps) {
          if ('add' in each) {
            // Within a longer array, like the buffer that all connections receive into.
            held.add(Buffer.concat([Buffer.from('xx'), each.add, Buffer.from('x')]), 2, 2 + each.add.length);
            expected = Buffer.concat([expected, each.add]);
          } else {
            held.drop(Math.min(each.drop, expected.length));
            expected = expected.subarray(each.drop);
          }
          assert.equal(held.length, expected.length);
          assert.deepEqual(Buffer.from(held.view()), Buffer.from(expected));
        }
        held.clear();
      }),
    );
  });

  it('take their memory from the rooms, and give it back wiped when all are dropped', () => {
    const rooms = new MessageRooms();
    const held = new HeldBytes(rooms);
    held.add(bytesOf('an authorization'), 0, 16);
    assert.equal(rooms.unusedBytes, 0);
    const view = held.view();
    held.drop(16);
    assert.equal(rooms.unusedBytes, 1024);
    assert.ok(view.every((byte) => byte === 0));
  });

  it('use the same memory again for the next chunk', () => {
    const rooms = new MessageRooms();
    const held = new HeldBytes(rooms);
    for (let chunk = 0; chunk < 100; chunk++) {
      held.add(bytesOf('request'), 0, 7);
      held.drop(7);
    }
    assert.equal(rooms.unusedBytes, 1024);
  });

  it('move to the front rather than to a longer room while they fit', () => {
    const rooms = new MessageRooms();
    const held = new HeldBytes(rooms);
    held.add(new Uint8Array(1000), 0, 1000);
    held.drop(990);
    held.add(bytesOf('and more'), 0, 8);
    held.add(new Uint8Array(1000), 0, 1000);
    assert.equal(held.length, 1018);
    held.drop(10);
    assert.equal(textOf(held).slice(0, 8), 'and more');
    held.clear();
    assert.equal(rooms.unusedBytes, 1024);
  });

  it('may be longer than any room', () => {
    const held = new HeldBytes(new MessageRooms());
    held.add(new Uint8Array(70_000).fill(7), 0, 70_000);
    held.add(bytesOf('end'), 0, 3);
    held.drop(70_000);
    assert.equal(textOf(held), 'end');
  });
});
