import assert from 'node:assert/strict';
import { silenceLimitMs } from '../../ts-core/client/silence-limit.js';

describe('how long the broker may be silent', () => {
  it('is what the option says, then what the environment says, then 30 seconds', () => {
    assert.equal(silenceLimitMs(2, { TPMTBS_BROKER_TIMEOUT: '5' }), 2000);
    assert.equal(silenceLimitMs(undefined, { TPMTBS_BROKER_TIMEOUT: '5' }), 5000);
    assert.equal(silenceLimitMs(undefined, { TPMTBS_BROKER_TIMEOUT: '' }), 30_000);
    assert.equal(silenceLimitMs(undefined, {}), 30_000);
    assert.equal(silenceLimitMs(0, {}), 0);
  });

  it('has a name in the environment that must be a number of seconds within bounds', () => {
    assert.equal(silenceLimitMs(undefined, { TPMTBS_BROKER_TIMEOUT: '86400' }), 86_400_000);
    for (const wrong of ['soon', '-1', '86401']) {
      assert.throws(() => silenceLimitMs(undefined, { TPMTBS_BROKER_TIMEOUT: wrong }), {
        name: 'BrokerError',
        kind: 'usage',
      });
    }
  });
});
