import assert from 'node:assert/strict';
import { numberOption, silenceLimitMs } from '../../ts-core/cli/command.js';

describe('how long the broker may stay silent', () => {
  it('is set by the option, then by the environment, then 30 seconds', () => {
    assert.equal(silenceLimitMs(2, { TPMTBS_BROKER_TIMEOUT: '5' }), 2000);
    assert.equal(silenceLimitMs(undefined, { TPMTBS_BROKER_TIMEOUT: '5' }), 5000);
    assert.equal(silenceLimitMs(undefined, { TPMTBS_BROKER_TIMEOUT: '' }), 30_000);
    assert.equal(silenceLimitMs(undefined, {}), 30_000);
    assert.equal(silenceLimitMs(0, {}), 0);
  });

  it('has an environment variable that must be a number of seconds within bounds', () => {
    assert.equal(silenceLimitMs(undefined, { TPMTBS_BROKER_TIMEOUT: '86400' }), 86_400_000);
    for (const wrong of ['soon', '-1', '86401']) {
      assert.throws(() => silenceLimitMs(undefined, { TPMTBS_BROKER_TIMEOUT: wrong }), { exitCode: 64 });
    }
  });
});

it('rejects an option without a number by its name, and is unset without the option', () => {
  const positive = numberOption('count', (value) => value > 0, 'a number above 0');
  assert.deepEqual([positive(3), positive(undefined)], [3, undefined]);
  for (const wrong of [0, Number.NaN])
    assert.throws(() => positive(wrong), { message: '--count wants a number above 0.' });
});
