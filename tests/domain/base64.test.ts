import assert from 'node:assert/strict';
import fc from 'fast-check';
import { base64ToBytes, bytesToBase64 } from '../../ts-core/domain/base64.js';

describe('base64', () => {
  it('encodes bytes as the platform does, and decodes them again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = bytesToBase64(bytes);
        assert.equal(text, Buffer.from(bytes).toString('base64'));
        assert.deepEqual(base64ToBytes(text), new Uint8Array(bytes));
      }),
    );
  });

  it('skips characters outside its alphabet', () => {
    assert.deepEqual(base64ToBytes('A Q\nI-D='), Uint8Array.of(1, 2, 3));
  });
});
