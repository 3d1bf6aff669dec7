import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ResponseAssembler } from '../../../ts-core/adapters/transport/response-assembler.js';
import { MAX_RESPONSE_BYTES } from '../../../ts-core/adapters/transport/transport-options.js';
import { HEADER_BYTES, writeUint32 } from '../../../ts-core/domain/tpm/command-header.js';

const response = fc.uint8Array({ minLength: HEADER_BYTES, maxLength: 4096 }).map((bytes) => {
  writeUint32(bytes, 2, bytes.length);
  return bytes;
});

describe('ResponseAssembler', () => {
  it('returns a response only when its last byte has arrived, however it was split', () => {
    fc.assert(
      fc.property(response, fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 30 }), (whole, cuts) => {
        const assembler = new ResponseAssembler();
        const chunk = new Uint8Array(4096);
        for (let at = 0; at < whole.length; ) {
          const length = Math.min(cuts.shift() ?? whole.length, whole.length - at);
          // Uses the same buffer every time, as the reader of a socket does, so the assembler must have copied what it
          // stores.
          chunk.fill(0xaa);
          chunk.set(whole.subarray(at, at + length));
          at += length;
          const result = assembler.push(chunk, length);
          if (at < whole.length) assert.equal(result.kind, 'incomplete');
          else {
            chunk.fill(0xbb);
            assert.ok(result.kind === 'whole');
            assert.deepEqual(result.response, whole);
          }
        }
        assert.ok(assembler.isEmpty);
      }),
    );
  });

  it('returns a verdict for any bytes, and never buffers more than a response may have', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 2000 }), { maxLength: 20 }), (chunks) => {
        const assembler = new ResponseAssembler();
        let received = 0;
        for (const chunk of chunks) {
          const result = assembler.push(chunk, chunk.length);
          received += chunk.length;
          if (result.kind !== 'incomplete') return;
        }
        assert.ok(received <= MAX_RESPONSE_BYTES);
      }),
    );
  });

  it('starts over after a reset', () => {
    const assembler = new ResponseAssembler();
    assert.equal(assembler.push(Uint8Array.of(0x80, 1), 2).kind, 'incomplete');
    assert.equal(assembler.isEmpty, false);
    assembler.reset();
    const whole = Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0);
    assert.deepEqual(assembler.push(whole, 10), { kind: 'whole', response: whole });
  });
});
