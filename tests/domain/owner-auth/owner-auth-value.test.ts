import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseAuth, parseOwnerAuth } from '../../../ts-core/domain/owner-auth/owner-auth-value.js';

describe('an owner authorization as text', () => {
  it('is the base64 of exactly 20 bytes', () => {
    assert.deepEqual(
      parseOwnerAuth('1euIs20Or/60b0ehnTqoX4cMis8='),
      new Uint8Array(Buffer.from('1euIs20Or/60b0ehnTqoX4cMis8=', 'base64')),
    );
    for (const text of [
      '',
      'AAAA',
      '1euIs20Or/60b0ehnTqoX4cMis9=',
      '1euIs20Or/60b0ehnTqoX4cMis8',
      ' 1euIs20Or/60b0ehnTqoX4cMis8=',
    ]) {
      assert.equal(parseOwnerAuth(text), undefined, JSON.stringify(text));
    }
  });

  it('in force may be any base64 of at most 64 bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const parsed = parseAuth(Buffer.from(bytes).toString('base64'));
        assert.deepEqual(parsed, bytes.length <= 64 ? new Uint8Array(bytes) : undefined);
      }),
    );
    assert.equal(parseAuth('not base64'), undefined);
  });

  it('is not found inside a longer text', () => {
    const value = '1euIs20Or/60b0ehnTqoX4cMis8=';
    for (const text of [
      `AAAA${value}`,
      `${value}AAAA`,
      `${value}\n`,
      value.replace('=', 'A'),
      value.replace('=', '!'),
    ]) {
      assert.equal(parseOwnerAuth(text), undefined, JSON.stringify(text));
    }
  });

  it('in force has whole groups of base64 and no others', () => {
    for (const text of ['A', 'AA', 'AAA', 'AAAAA', 'AAAAAA=', 'AA==AAAA', 'AAA=AAAA', '=', 'AAAA ']) {
      assert.equal(parseAuth(text), undefined, JSON.stringify(text));
    }
    assert.deepEqual(parseAuth(''), new Uint8Array(0));
    for (const length of [64, 65, 66, 67]) {
      const bytes = new Uint8Array(length).fill(7);
      assert.deepEqual(
        parseAuth(Buffer.from(bytes).toString('base64')),
        length === 64 ? bytes : undefined,
        `${length}`,
      );
    }
    assert.equal(parseAuth('AAAA'.repeat(23)), undefined);
  });
});
