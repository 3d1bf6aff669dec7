import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  commandCodeOf,
  decodeCommandHeader,
  errorResponse,
  HEADER_BYTES,
  isWholeResponse,
  readUint16,
  responseCodeOf,
  writeHeader,
  writeUint16,
  writeUint32,
} from '../../../ts-core/domain/tpm/command-header.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { TPM_ORD, TPM_TAG } from '../../../ts-core/domain/tpm12/codes.js';
import { RESOURCE_MANAGER_LAYER, TPM_RC, TPM_ST } from '../../../ts-core/domain/tpm20/codes.js';

const MAX_BYTES = 4096;
const LOCKED_OUT = RESOURCE_MANAGER_LAYER | TPM_RC.LOCKOUT;
const TAGS_20: readonly number[] = [TPM_ST.NO_SESSIONS, TPM_ST.SESSIONS];
const TAGS_12: readonly number[] = [TPM_TAG.RQU_COMMAND, TPM_TAG.RQU_AUTH1_COMMAND, TPM_TAG.RQU_AUTH2_COMMAND];
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
      tag: fc.constantFrom(...TAGS_20, ...TAGS_12, TPM_TAG.RSP_COMMAND, TPM_ST.SESSIONS + 1, 0),
      code: fc.nat(0xffffffff),
      lengthBytes: fc.integer({ min: HEADER_BYTES, max: 40 }),
      declaredBytes: fc.oneof(fc.nat(50), fc.constantFrom(0, 0xffffffff, 0x80000000)),
      tpmVersion: version,
    });
    fc.assert(
      fc.property(nearly, ({ tag, code, lengthBytes, declaredBytes, tpmVersion }) => {
        const verdict = decodeCommandHeader(command(tag, code, lengthBytes, declaredBytes), tpmVersion, MAX_BYTES);
        const fits = (tpmVersion === '2.0' ? TAGS_20 : TAGS_12).includes(tag);
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
    assert.deepEqual(fault(command(TPM_ST.NO_SESSIONS, 1, 12, 0)), {
      kind: 'sizeMismatch',
      declaredBytes: 0,
      actualBytes: 12,
    });
    assert.deepEqual(fault(command(TPM_ST.NO_SESSIONS, 1, 12, 0xffffffff)), {
      kind: 'tooLarge',
      declaredBytes: 0xffffffff,
      maxBytes: MAX_BYTES,
    });
    assert.deepEqual(fault(command(TPM_ST.NO_SESSIONS, 1, 12), 11), {
      kind: 'tooLarge',
      declaredBytes: 12,
      maxBytes: 11,
    });
    assert.deepEqual(fault(command(TPM_TAG.RQU_COMMAND, 1)), {
      kind: 'badTag',
      tag: TPM_TAG.RQU_COMMAND,
      expected: '0x8001 or 0x8002',
    });
  });

  it('recognizes the tags that carry an authorization', () => {
    const carries = (tag: number, tpmVersion: TpmVersion, code = 1): boolean => {
      const verdict = decodeCommandHeader(command(tag, code), tpmVersion, MAX_BYTES);
      return verdict.ok && verdict.header.carriesAuthorization;
    };
    assert.deepEqual(
      TAGS_20.map((tag) => carries(tag, '2.0')),
      [false, true],
    );
    assert.deepEqual(
      TAGS_12.map((tag) => carries(tag, '1.2')),
      [false, true, true],
    );
    assert.ok(carries(TPM_TAG.RQU_COMMAND, '1.2', TPM_ORD.ExecuteTransport), 'for what it wraps');
    assert.ok(!carries(TPM_ST.NO_SESSIONS, '2.0', TPM_ORD.ExecuteTransport));
  });

  it('reads and writes the code', () => {
    const bytes = new Uint8Array(14);
    writeHeader(bytes, 0x8001, 0xfedcba98);
    assert.deepEqual(bytes, command(0x8001, 0xfedcba98, 14));
    assert.equal(commandCodeOf(bytes), 0xfedcba98);
    assert.equal(responseCodeOf(bytes), 0xfedcba98);
  });

  it('creates complete error responses of both versions', () => {
    for (const [tpmVersion, tag] of [
      ['2.0', TPM_ST.NO_SESSIONS],
      ['1.2', TPM_TAG.RSP_COMMAND],
    ] as const) {
      const response = errorResponse(tpmVersion, LOCKED_OUT);
      assert.ok(isWholeResponse(response));
      assert.equal(readUint16(response, 0), tag);
      assert.equal(responseCodeOf(response), LOCKED_OUT);
    }
    assert.ok(!isWholeResponse(new Uint8Array(9)));
  });
});
