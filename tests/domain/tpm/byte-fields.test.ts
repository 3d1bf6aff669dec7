import assert from 'node:assert/strict';
import {
  concat,
  FieldReader,
  sameBytes,
  sized,
  TruncatedFieldError,
  toHex,
  uint8,
  uint16,
  uint32,
  xor,
} from '../../../ts-core/domain/tpm/byte-fields.js';

describe('fields of TPM structures', () => {
  it('are written in big-endian order', () => {
    assert.equal(toHex(concat(uint8(0x101), uint16(0x1234), uint32(0xfedcba98))), '011234fedcba98');
    assert.equal(toHex(sized(Uint8Array.of(7, 8))), '000000020708');
    assert.equal(toHex(concat()), '');
  });

  it('are read in order, and no further than they go', () => {
    const reader = new FieldReader(Uint8Array.of(1, 2, 3, 0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 1, 9, 5));
    assert.deepEqual([reader.uint8(), reader.uint16(), reader.uint32()], [1, 0x0203, 0xfffffffe]);
    assert.equal(reader.offset, 7);
    assert.deepEqual(reader.sized(), Uint8Array.of(9));
    assert.throws(() => reader.uint16(), TruncatedFieldError);
    assert.equal(reader.offset, 12, 'a field that is cut off is not begun');
    assert.deepEqual(reader.bytes(1), Uint8Array.of(5));
    assert.throws(() => reader.uint8(), { name: 'TruncatedFieldError', message: 'a field ends at byte 14 of 13' });
  });

  it('are compared and concatenated byte by byte', () => {
    const [left, right] = [Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 4)];
    assert.deepEqual(
      [sameBytes(left, left.slice()), sameBytes(left, right), sameBytes(left, left.slice(0, 2))],
      [true, false, false],
    );
    assert.deepEqual(xor(left, right), Uint8Array.of(0, 0, 7));
  });
});
