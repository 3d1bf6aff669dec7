import assert from 'node:assert/strict';
import { asCliFailure, CliFailure } from '../../ts-core/cli/cli-failure.js';
import { BrokerError, type BrokerErrorKind } from '../../ts-core/client/broker-error.js';

describe('a failure of tbs', () => {
  it('ends with the exit code of the kind of the connection’s error, and keeps what it says', () => {
    const exitCodes: Readonly<Record<BrokerErrorKind, number>> = { refused: 1, noBroker: 69, usage: 64 };
    for (const [kind, exitCode] of Object.entries(exitCodes) as [BrokerErrorKind, number][]) {
      const { name, symbol, message, action, details, ...failure } = asCliFailure(
        new BrokerError(kind, 'TBS_E_X', 'What happened.', 'What to do.', { list: 'local' }),
      );
      assert.deepEqual(
        [name, symbol, message, action, details, failure.exitCode],
        ['CliFailure', 'TBS_E_X', 'What happened.', 'What to do.', { list: 'local' }, exitCode],
      );
    }
  });

  it('names a file that cannot be read as wrong usage, and any other error as a fault of tbs itself', () => {
    const missing = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT', path: '/nowhere' });
    const { exitCode, symbol, message } = asCliFailure(missing);
    assert.deepEqual([exitCode, symbol, message], [64, 'ENOENT', 'no such file']);
    assert.equal(asCliFailure(new Error('broken')).exitCode, 70);
    const own = new CliFailure(2, 'no', 'The answer is no.', '');
    assert.equal(asCliFailure(own), own);
  });
});
