import assert from 'node:assert/strict';
import fc from 'fast-check';
import { leadingDerSequence } from '../../../ts-core/domain/tpm/der-certificate.js';

describe('the certificate at the start of NV content', () => {
  for (const [name, header, size] of [
    ['a short one', [0x30, 0x05], 5],
    ['one of one length byte', [0x30, 0x81, 0xc8], 200],
    ['one of two length bytes', [0x30, 0x82, 0x04, 0x00], 1024],
  ] as const) {
    it(`is ${name} without the bytes after it`, () => {
      const whole = Uint8Array.of(...header, ...new Uint8Array(size).fill(7));
      const filledUp = Uint8Array.of(...whole, 0xff, 0xff, 0xff);
      assert.deepEqual(leadingDerSequence(filledUp), whole);
      assert.deepEqual(leadingDerSequence(whole), whole);
      assert.equal(leadingDerSequence(whole.subarray(0, whole.length - 1)), undefined, 'cut off');
    });
  }

  it('is missing in bytes that do not start with a sequence of definite length', () => {
    for (const bytes of [[], [0x30], [0x31, 0], [0xff, 0xff], [0x30, 0x80, 0, 0], [0x30, 0x85, 0, 0, 0, 0, 1, 0]]) {
      assert.equal(leadingDerSequence(Uint8Array.from(bytes)), undefined);
    }
  });

  it('is always a prefix of the bytes, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const found = leadingDerSequence(Uint8Array.of(0x30, ...bytes));
        if (found !== undefined) assert.deepEqual(found, Uint8Array.of(0x30, ...bytes).slice(0, found.length));
      }),
    );
  });
});
