import assert from 'node:assert/strict';
import { asTbsError, TBS_RESULTS, TbsError, type TbsSymbol } from '../../ts-core/domain/tbs-error.js';

describe('an error of the catalogue', () => {
  it('has the code, message and action of its symbol, unless it has its own', () => {
    const { code, message, action } = TBS_RESULTS.TBS_E_IOERROR;
    const plain = new TbsError('TBS_E_IOERROR');
    assert.deepEqual(
      [plain.symbol, plain.resultCode, plain.message, plain.action],
      ['TBS_E_IOERROR', code, message, action],
    );
    assert.deepEqual([plain.details, plain.cause, plain.name], [{}, undefined, 'TbsError']);
    const cause = new Error('ECONNRESET');
    const exact = new TbsError('TBS_E_IOERROR', { message: 'Gone.', action: 'Look.', details: { a: 1 }, cause });
    assert.deepEqual([exact.message, exact.action, exact.details, exact.cause], ['Gone.', 'Look.', { a: 1 }, cause]);
    assert.equal(exact.resultCode, code);
  });

  it('has a stack only if it is a fault of the broker, because callers may cause the others without end', () => {
    assert.equal(new TbsError('TBS_E_ACCESS_DENIED', { message: 'no' }).stack, 'TbsError: no');
    assert.match(new TbsError('TBS_E_INTERNAL_ERROR').stack ?? '', /tbs-error\.test/);
    assert.match(new Error('another').stack ?? '', /tbs-error\.test/);
  });

  it('has a unique result code, a message and an action', () => {
    const symbols = Object.keys(TBS_RESULTS) as TbsSymbol[];
    assert.equal(new Set(symbols.map((symbol) => TBS_RESULTS[symbol].code)).size, symbols.length);
    for (const symbol of symbols) {
      const { code, message, action } = TBS_RESULTS[symbol];
      assert.ok(code >= 0x80280000 && code <= 0x8028ffff && message.length > 0 && action.length > 0, symbol);
    }
  });
});

describe('any error converted to one of the catalogue', () => {
  it('is unchanged if it is one, and otherwise an internal error that hides its cause', () => {
    const known = new TbsError('TBS_E_IOERROR');
    assert.equal(asTbsError(known), known);
    const unknown = new Error('a secret');
    const internal = asTbsError(unknown);
    assert.equal(internal.symbol, 'TBS_E_INTERNAL_ERROR');
    assert.equal(internal.message, TBS_RESULTS.TBS_E_INTERNAL_ERROR.message);
    assert.equal(internal.cause, unknown);
  });
});
