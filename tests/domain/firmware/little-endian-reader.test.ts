import assert from 'node:assert/strict';
import { LittleEndianReader } from '../../../ts-core/domain/firmware/little-endian-reader.js';

describe('a reader of the firmware’s structures', () => {
  it('reads numbers with their low byte first', () => {
    const reader = new LittleEndianReader(Uint8Array.of(1, 0x34, 0x12, 0x98, 0xba, 0xdc, 0xfe, 7, 8));
    assert.deepEqual([reader.uint8(), reader.uint16(), reader.uint32()], [1, 0x1234, 0xfedcba98]);
    assert.deepEqual([reader.offset, reader.remaining], [7, 2]);
    assert.deepEqual(reader.bytes(2), Uint8Array.of(7, 8));
    assert.deepEqual(reader.bytes(0), new Uint8Array(0));
  });

  it('never reads past the end, and then keeps its position', () => {
    const reader = new LittleEndianReader(Uint8Array.of(1, 2, 3));
    reader.uint8();
    assert.deepEqual([reader.uint32(), reader.bytes(3), reader.offset], [undefined, undefined, 1]);
    assert.equal(reader.uint16(), 0x0302);
    assert.equal(reader.uint8(), undefined);
  });

  it('knows when only zeros follow', () => {
    const reader = new LittleEndianReader(Uint8Array.of(0, 5, 0, 0));
    assert.equal(reader.onlyZerosFollow(), false);
    reader.bytes(1);
    assert.equal(reader.onlyZerosFollow(), false);
    reader.bytes(1);
    assert.equal(reader.onlyZerosFollow(), true);
    assert.equal(new LittleEndianReader(new Uint8Array(0)).onlyZerosFollow(), true);
  });
});
