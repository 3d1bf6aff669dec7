import assert from 'node:assert/strict';
import { encodeText, encodeWords, wordsOf } from '../../../ts-core/domain/firmware/physical-presence-command.js';

describe('the arguments of the physical presence interface', () => {
  it('are 32-bit little-endian words, in both directions', () => {
    assert.deepEqual(encodeWords(2, 0xfffffff0), Uint8Array.of(2, 0, 0, 0, 0xf0, 0xff, 0xff, 0xff));
    assert.deepEqual(wordsOf(encodeWords(2, 0xfffffff0)), [2, 0xfffffff0]);
    assert.deepEqual(wordsOf(new Uint8Array(32)).length, 8);
  });

  it('are refused if they are not whole words, or too many', () => {
    for (const length of [1, 3, 5, 33, 36]) assert.deepEqual(wordsOf(new Uint8Array(length)), [], `${length} bytes`);
  });

  it('end a text with a zero', () => {
    assert.deepEqual(encodeText('1.3'), Uint8Array.of(0x31, 0x2e, 0x33, 0));
  });
});
