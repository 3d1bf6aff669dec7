import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  answerHello,
  contextIdOf,
  FRAME_FAULT,
  FRAME_INCOMPLETE,
  HIGHEST_VERSION,
  isHello,
  LOWEST_VERSION,
  MAX_REQUEST_BYTES,
  operationOf,
  requestIdOf,
  requestLength,
  WIRE_MAGIC,
} from '../../../ts-core/endpoints/wire/frame.js';
import { request } from './wire-client.js';

describe('a wire frame', () => {
  const uint32 = fc.integer({ min: 0, max: 0xffffffff });

  it('has the fields that it was built from, at any offset', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff }),
        uint32,
        uint32,
        fc.uint8Array({ maxLength: 300 }),
        fc.uint8Array({ maxLength: 20 }),
        (operation, requestId, contextId, payload, before) => {
          const frame = request(operation, requestId, contextId, payload);
          const bytes = Buffer.concat([before, frame, Buffer.from('next')]);
          const offset = before.length;
          assert.equal(requestLength(bytes, offset, bytes.length), frame.length);
          assert.equal(operationOf(bytes, offset), operation);
          assert.equal(requestIdOf(bytes, offset), requestId);
          assert.equal(contextIdOf(bytes, offset), contextId);
        },
      ),
    );
  });

  it('is incomplete, never at fault, wherever it is truncated', () => {
    const frame = request(4, 1, 7, new Uint8Array(40));
    for (let cut = 0; cut < frame.length; cut++) assert.equal(requestLength(frame, 0, cut), FRAME_INCOMPLETE);
  });

  it('is at fault below the header length, above the limit, and with a reserved field', () => {
    for (const length of [0, 9, 15, MAX_REQUEST_BYTES + 1, 0x80000000, 0xffffffff]) {
      const frame = Buffer.alloc(16);
      frame.writeUInt32LE(length, 0);
      assert.equal(requestLength(frame, 0, 4), FRAME_FAULT, `length ${length}`);
    }
    const reserved = request(4, 1, 7, new Uint8Array(0));
    reserved[6] = 1;
    assert.equal(requestLength(reserved, 0, 16), FRAME_FAULT);
    const longest = request(4, 1, 7, new Uint8Array(MAX_REQUEST_BYTES - 16));
    assert.equal(requestLength(longest, 0, longest.length), MAX_REQUEST_BYTES);
  });

  it('is never read past its end, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const length = requestLength(bytes, 0, bytes.length);
        assert.ok(length === FRAME_FAULT || (length >= 0 && length <= bytes.length));
      }),
    );
  });
});

function hello(lowest: number, highest: number, magic = WIRE_MAGIC): Buffer {
  const payload = Buffer.alloc(8);
  payload.writeUInt32LE(magic, 0);
  payload.writeUInt16LE(lowest, 4);
  payload.writeUInt16LE(highest, 6);
  return payload;
}

describe('the first frame of a connection', () => {
  it('is eight bytes that start with the protocol’s magic number', () => {
    assert.equal(isHello(hello(1, 1)), true);
    assert.equal(isHello(hello(1, 1, WIRE_MAGIC + 1)), false);
    for (const other of [hello(1, 1).subarray(0, 7), Buffer.concat([hello(1, 1), Buffer.alloc(1)])]) {
      assert.equal(isHello(other), false);
    }
  });

  it('is answered with the highest common version, 0 for none, and the broker’s limits', () => {
    assert.equal(answerHello(hello(LOWEST_VERSION, HIGHEST_VERSION + 9), 8).version, HIGHEST_VERSION);
    assert.equal(answerHello(hello(0, LOWEST_VERSION), 8).version, LOWEST_VERSION);
    assert.equal(answerHello(hello(HIGHEST_VERSION + 1, HIGHEST_VERSION + 9), 8).version, 0);
    assert.equal(answerHello(hello(0, LOWEST_VERSION - 1), 8).version, 0);
    const answer = Buffer.from(answerHello(hello(LOWEST_VERSION, HIGHEST_VERSION), 8).answer);
    assert.equal(answer.length, 16);
    assert.deepEqual(
      [answer.readUInt16LE(0), answer.readUInt16LE(2), answer.readUInt16LE(4)],
      [HIGHEST_VERSION, LOWEST_VERSION, HIGHEST_VERSION],
    );
    assert.deepEqual([answer.readUInt32LE(8), answer.readUInt32LE(12)], [MAX_REQUEST_BYTES, 8]);
  });
});
