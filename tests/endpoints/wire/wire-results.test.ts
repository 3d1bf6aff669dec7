import assert from 'node:assert/strict';
import { TBS_RESULTS, TbsError, type TbsSymbol } from '../../../ts-core/domain/tbs-error.js';
import { FRAME_HEADER_BYTES, Operation, operationOf, RESPONSE_BIT } from '../../../ts-core/endpoints/wire/frame.js';
import { refusalFrame, resultOf, resultOfError } from '../../../ts-core/endpoints/wire/wire-results.js';

describe('results on the wire', () => {
  it('are the codes of Tbs.h', () => {
    for (const symbol of Object.keys(TBS_RESULTS) as TbsSymbol[]) {
      assert.equal(resultOf(symbol), TBS_RESULTS[symbol].code);
      assert.equal(resultOfError(new TbsError(symbol)), resultOf(symbol), symbol);
    }
  });

  it('reveal about an unknown error only that it happened', () => {
    for (const error of [new Error('EACCES: /var/lib/tpmtbs'), 'text', undefined]) {
      assert.equal(resultOfError(error), resultOf('TBS_E_INTERNAL_ERROR'));
    }
  });

  it('reach a refused connection immediately, in a frame without payload that answers HELLO', () => {
    const frame = refusalFrame('TBS_E_TOO_MANY_TBS_CONTEXTS');
    assert.equal(frame.length, FRAME_HEADER_BYTES);
    assert.equal(operationOf(frame, 0), Operation.HELLO | RESPONSE_BIT);
    assert.ok(Buffer.from(frame).includes(Buffer.from(fieldOf(resultOf('TBS_E_TOO_MANY_TBS_CONTEXTS')))));
    assert.notDeepEqual(refusalFrame('TBS_E_ACCESS_DENIED'), frame);
  });
});

function fieldOf(code: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(code >>> 0);
  return bytes;
}
