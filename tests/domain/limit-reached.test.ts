import assert from 'node:assert/strict';
import { limitReached } from '../../ts-core/domain/limit-reached.js';

describe('the error of a reached limit', () => {
  it('names the limit, the setting that raises it, and what the caller can do instead', () => {
    const error = limitReached('TBS_E_TOO_MANY_RESOURCES', {
      of: 'waiting submissions',
      limit: 8,
      setting: 'limits.queuedSubmissions',
      instead: 'Wait for answers',
    });
    assert.equal(error.symbol, 'TBS_E_TOO_MANY_RESOURCES');
    assert.equal(error.message, 'The limit of 8 waiting submissions (limits.queuedSubmissions) is reached.');
    assert.equal(error.action, 'Wait for answers, or have an administrator raise limits.queuedSubmissions.');
    assert.deepEqual(error.details, { setting: 'limits.queuedSubmissions', limit: 8 });
  });
});
