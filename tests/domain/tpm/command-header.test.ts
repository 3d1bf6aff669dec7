import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  decodeCommandHeader,
  errorResponse,
  HEADER_BYTES,
  isWholeResponse,
  responseCodeOf,
  writeUint16,
  writeUint32,
} from '../../../ts-core/domain/tpm/command-header.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';

const MAX_BYTES = 4096;
const version = fc.constantFrom<TpmVersion>('1.2', '2.0');

function command(tag: number, code: number, lengthBytes = HEADER_BYTES, declaredBytes = lengthBytes): Uint8Array {
  const bytes = new Uint8Array(lengthBytes);
  writeUint16(bytes, 0, tag);
  writeUint32(bytes, 2, declaredBytes);
  writeUint32(bytes, 6, code);
  return bytes;
}

describe('command header', () => {
  it('never throws, on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), version, fc.nat(8192), (bytes, tpmVersion, maxBytes) => {
        const verdict = decodeCommandHeader(bytes, tpmVersion, maxBytes);
        assert.equal(typeof verdict.ok, 'boolean');
      }),
      { numRuns: 2000 },
    );
  });

  it('never throws on a nearly valid header, and accepts it only if the size is exact', () => {
    const nearly = fc.record({
      tag: fc.constantFrom(0x8001, 0x8002, 0x00c1, 0x00c2, 0x00c3, 0x00c4, 0x8003, 0),
      code: fc.nat(0xffffffff),
      lengthBytes: fc.integer({ min: HEADER_BYTES, max: 40 }),
      declaredBytes: fc.oneof(fc.nat(50), fc.constantFrom(0, 0xffffffff, 0x80000000)),
      tpmVersion: version,
    });
    fc.assert(
      fc.property(nearly, ({ tag, code, lengthBytes, declaredBytes, tpmVersion }) => {
        const verdict = decodeCommandHeader(command(tag, code, lengthBytes, declaredBytes), tpmVersion, MAX_BYTES);
        const fits = tpmVersion === '2.0' ? [0x8001, 0x8002].includes(tag) : [0xc1, 0xc2, 0xc3].includes(tag);
        assert.equal(verdict.ok, fits && lengthBytes === declaredBytes);
        if (verdict.ok) assert.equal(verdict.header.code, code);
      }),
      { numRuns: 1000 },
    );
  });

  it('reports what is wrong', () => {
    const fault = (bytes: Uint8Array, maxBytes = MAX_BYTES) => {
      const verdict = decodeCommandHeader(bytes, '2.0', maxBytes);
      assert.ok(!verdict.ok);
      return verdict.fault;
    };
    assert.deepEqual(fault(new Uint8Array(9)), { kind: 'tooShort', actualBytes: 9 });
    assert.deepEqual(fault(command(0x8001, 1, 12, 0)), { kind: 'sizeMismatch', declaredBytes: 0, actualBytes: 12 });
    assert.deepEqual(fault(command(0x8001, 1, 12, 0xffffffff)), {
      kind: 'tooLarge',
      declaredBytes: 0xffffffff,
      maxBytes: MAX_BYTES,
    });
    assert.deepEqual(fault(command(0x8001, 1, 12), 11), { kind: 'tooLarge', declaredBytes: 12, maxBytes: 11 });
    assert.deepEqual(fault(command(0x00c1, 1)), { kind: 'badTag', tag: 0x00c1, expected: '0x8001 or 0x8002' });
  });

  it('recognizes the tags that carry an authorization', () => {
    const carries = (tag: number, tpmVersion: TpmVersion, code = 1): boolean => {
      const verdict = decodeCommandHeader(command(tag, code), tpmVersion, MAX_BYTES);
      return verdict.ok && verdict.header.carriesAuthorization;
    };
    assert.deepEqual(
      [0x8001, 0x8002].map((tag) => carries(tag, '2.0')),
      [false, true],
    );
    assert.deepEqual(
      [0x00c1, 0x00c2, 0x00c3].map((tag) => carries(tag, '1.2')),
      [false, true, true],
    );
    assert.ok(carries(0x00c1, '1.2', 231), 'TPM_ExecuteTransport, for what it wraps');
    assert.ok(!carries(0x8001, '2.0', 231));
  });

  it('creates complete error responses of both versions', () => {
    for (const [tpmVersion, tag] of [
      ['2.0', 0x80],
      ['1.2', 0x00],
    ] as const) {
      const response = errorResponse(tpmVersion, 0x000c0921);
      assert.ok(isWholeResponse(response));
      assert.equal(response[0], tag);
      assert.equal(responseCodeOf(response), 0x000c0921);
    }
    assert.ok(!isWholeResponse(new Uint8Array(9)));
  });
});
