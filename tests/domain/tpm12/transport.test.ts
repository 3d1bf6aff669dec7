import assert from 'node:assert/strict';
import fc from 'fast-check';
import { writeUint16, writeUint32 } from '../../../ts-core/domain/tpm/command-header.js';
import { actingCodeOf, wrappedCommandOf, wrappedResultOf } from '../../../ts-core/domain/tpm12/transport.js';

/** TPM_ExecuteTransport around a header-only command, with the transport handle and authorization that follow it. */
function executeTransport(ordinal: number, wrappedBytes = 10, declaredBytes = wrappedBytes): Uint8Array {
  const command = new Uint8Array(14 + wrappedBytes + 4 + 41);
  writeUint16(command, 0, 0x00c2);
  writeUint32(command, 2, command.length);
  writeUint32(command, 6, 231);
  writeUint32(command, 10, declaredBytes);
  writeUint16(command, 14, 0x00c1);
  writeUint32(command, 16, wrappedBytes);
  writeUint32(command, 20, ordinal);
  return command;
}

function executeTransportResponse(wrappedResult: number): Uint8Array {
  const response = new Uint8Array(10 + 8 + 4 + 4 + 10 + 41);
  writeUint16(response, 0, 0x00c5);
  writeUint32(response, 2, response.length);
  writeUint32(response, 22, 10);
  writeUint16(response, 26, 0x00c4);
  writeUint32(response, 28, 10);
  writeUint32(response, 32, wrappedResult);
  return response;
}

describe('TPM_ExecuteTransport', () => {
  it('shows the command inside', () => {
    assert.deepEqual(wrappedCommandOf(executeTransport(91, 12)), {
      tag: 0x00c1,
      ordinal: 91,
      offset: 14,
      lengthBytes: 12,
    });
  });

  it('shows nothing when the sizes do not agree or the command is cut off', () => {
    assert.equal(wrappedCommandOf(executeTransport(91, 10, 11)), undefined);
    assert.equal(wrappedCommandOf(executeTransport(91, 10, 0xffffffff)), undefined);
    assert.equal(wrappedCommandOf(executeTransport(91, 10, 0)), undefined);
    assert.equal(wrappedCommandOf(executeTransport(91).subarray(0, 23)), undefined);
  });

  it('acts as the command inside, on TPM 1.2 only', () => {
    assert.equal(actingCodeOf('1.2', 231, executeTransport(64)), 64);
    assert.equal(actingCodeOf('1.2', 231, new Uint8Array(10)), 231);
    assert.equal(actingCodeOf('1.2', 70, executeTransport(64)), 70);
    assert.equal(actingCodeOf('2.0', 231, executeTransport(64)), 231);
  });

  it('shows the result inside', () => {
    assert.equal(wrappedResultOf(executeTransportResponse(0x1d)), 0x1d);
    assert.equal(wrappedResultOf(executeTransportResponse(1).subarray(0, 35)), undefined);
  });

  it('never throws, on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const wrapped = wrappedCommandOf(bytes);
        if (wrapped !== undefined) assert.ok(wrapped.offset + wrapped.lengthBytes <= bytes.length);
        wrappedResultOf(bytes);
      }),
      { numRuns: 1000 },
    );
  });
});
