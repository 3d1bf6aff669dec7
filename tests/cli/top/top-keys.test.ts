import assert from 'node:assert/strict';
import { keysOf } from '../../../ts-core/cli/top/top-keys.js';

describe('keysOf', () => {
  it('returns the names of keys that ink reports', () => {
    assert.deepEqual(keysOf('', { upArrow: true }), [{ name: 'up' }]);
    assert.deepEqual(keysOf('', { tab: true, shift: true }), [{ name: 'backTab' }]);
    assert.deepEqual(keysOf('', { return: true }), [{ name: 'enter' }]);
    assert.deepEqual(keysOf('x', { ctrl: true }), []);
  });

  it('separates keys that arrive together', () => {
    assert.deepEqual(keysOf('\t\tf', {}), [{ name: 'tab' }, { name: 'tab' }, { name: 'text', text: 'f' }]);
    assert.deepEqual(keysOf('[B\u001b[B\u001bOA\r', {}), [
      ...[{ name: 'down' }, { name: 'down' }, { name: 'up' }, { name: 'enter' }],
    ]);
  });

  it('reads text that looks like the end of an arrow key as text', () => {
    assert.deepEqual(
      keysOf('xOA', {}).map(({ name }) => name),
      ['text', 'text', 'text'],
    );
  });

  it('ignores control characters without a meaning', () => {
    assert.deepEqual(keysOf('\u0001', {}), []);
  });
});
