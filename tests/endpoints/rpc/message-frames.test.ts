/** Tests frames of the JSON-RPC endpoint: the same messages however the bytes are split, with bounded memory. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MessageRooms } from '../../../ts-core/endpoints/message-rooms.js';
import { FramingError, MessageFrames } from '../../../ts-core/endpoints/rpc/message-frames.js';
import { framed } from '../../support/fake-byte-connection.js';

function frames(maxMessageBytes = 1000, rooms = new MessageRooms()): MessageFrames {
  return new MessageFrames(maxMessageBytes, 'limits.messageBytes', rooms);
}

function push(into: MessageFrames, text: string | Uint8Array): void {
  const bytes = Buffer.from(text);
  into.push(bytes, 0, bytes.length);
}

function takeAll(from: MessageFrames): string[] {
  const bodies: string[] = [];
  for (let body = from.next(); body !== undefined; body = from.next()) bodies.push(body.toString());
  return bodies;
}

describe('message frames', () => {
  it('return the same messages however the bytes are split', () => {
    const bodies = fc.array(fc.string({ maxLength: 60 }), { maxLength: 6 });
    fc.assert(
      fc.property(bodies, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sent, cuts) => {
        const bytes = Buffer.from(sent.map(framed).join(''));
        const reader = frames();
        const read: string[] = [];
        for (let offset = 0, cut = 0; offset < bytes.length; cut++) {
          const end = Math.min(bytes.length, offset + (cuts[cut % cuts.length] as number));
          reader.push(bytes, offset, end);
          offset = end;
          read.push(...takeAll(reader));
          reader.makeRoom();
        }
        assert.deepEqual(read, sent);
        assert.ok(!reader.isPartial);
        assert.equal(reader.keptBytes, 0);
      }),
    );
  });

  it('report how much of a partial message is missing, before room is allocated for it', () => {
    const reader = frames();
    push(reader, 'Content-Length: 900\r\n\r\n{"a":');
    assert.equal(reader.next(), undefined);
    assert.equal(reader.keptBytes, 5);
    assert.equal(reader.neededBytes, 895);
    reader.makeRoom();
    assert.equal(reader.keptBytes, 900);
    assert.equal(reader.neededBytes, 0);
    assert.ok(reader.isPartial);
  });

  it('use no more memory for a trickle of single bytes than the message needs', () => {
    const reader = frames();
    push(reader, 'Content-Length: 900\r\n\r\n');
    reader.next();
    reader.makeRoom();
    for (let count = 0; count < 899; count++) push(reader, 'x');
    assert.equal(reader.next(), undefined);
    assert.equal(reader.keptBytes, 900);
    push(reader, 'x');
    assert.equal(reader.next()?.length, 900);
    assert.equal(reader.keptBytes, 0);
  });

  it('of a flood of short messages need no more memory than one of them', () => {
    const rooms = new MessageRooms();
    const reader = frames(1000, rooms);
    for (let message = 0; message < 1000; message++) {
      const text = framed(`{"id":${message}}`);
      push(reader, text.slice(0, 7));
      assert.equal(reader.next(), undefined);
      push(reader, text.slice(7) + framed('{}'));
      for (let body = reader.next(); body !== undefined; body = reader.next()) rooms.giveBack(body);
    }
    assert.equal(rooms.unusedBytes, 2048, 'a room for the bytes received and one for the body');
  });

  it('of the same bytes have bodies of their own: wiping one leaves the next intact', () => {
    const rooms = new MessageRooms();
    const reader = frames(1000, rooms);
    push(reader, framed('first') + framed('second'));
    const [first, second] = [reader.next(), reader.next()];
    rooms.giveBack(first as Buffer);
    assert.equal(String(second), 'second');
    push(reader, framed('third'));
    assert.equal(String(second), 'second');
  });

  it('give the room of an incomplete body back when they are cleared', () => {
    const rooms = new MessageRooms();
    const reader = frames(5000, rooms);
    push(reader, 'Content-Length: 5000\r\n\r\n');
    assert.equal(reader.next(), undefined);
    reader.makeRoom();
    assert.equal(rooms.unusedBytes, 1024, 'the room of the header');
    reader.clear();
    assert.equal(rooms.unusedBytes, 1024 + 8192);
  });

  const faults = [
    { name: 'a header without an end', text: 'x'.repeat(1100), says: /does not end/ },
    { name: 'a header without a length', text: 'Content-Type: x\r\n\r\n', says: /no Content-Length/ },
    { name: 'two lengths', text: 'Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}', says: /two Content-Lengths/ },
    { name: 'two lengths in other case', text: 'content-length: 2\r\nContent-Length: 3\r\n\r\n{}', says: /two/ },
    { name: 'a line without a name', text: 'garbage\r\nContent-Length: 2\r\n\r\n{}', says: /no name/ },
    { name: 'a negative length', text: 'Content-Length: -2\r\n\r\n{}', says: /is not a number/ },
    { name: 'a length in hexadecimal', text: 'Content-Length: 0x2\r\n\r\n{}', says: /is not a number/ },
    { name: 'a length beyond the limit', text: 'Content-Length: 1001\r\n\r\n', says: /limits\.messageBytes/ },
    {
      name: 'a length beyond all numbers',
      text: `Content-Length: 1${'0'.repeat(400)}\r\n\r\n`,
      says: /over the limit/,
    },
  ];
  for (const { name, text, says } of faults) {
    it(`refuse ${name}`, () => {
      const reader = frames();
      push(reader, text);
      assert.throws(
        () => reader.next(),
        (error) => error instanceof FramingError && says.test(error.message),
      );
    });
  }

  it('accept headers in any case and order, and other header fields', () => {
    const reader = frames();
    push(reader, 'Content-Type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-LENGTH:\t2 \r\n\r\n{}');
    assert.deepEqual(takeAll(reader), ['{}']);
  });
});
