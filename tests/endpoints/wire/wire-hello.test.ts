import assert from 'node:assert/strict';
import {
  HIGHEST_VERSION,
  LOWEST_VERSION,
  MAX_REQUEST_BYTES,
  WIRE_MAGIC,
} from '../../../ts-core/endpoints/wire/frame.js';
import { answerHello, isHello } from '../../../ts-core/endpoints/wire/wire-hello.js';

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
