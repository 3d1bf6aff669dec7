import assert from 'node:assert/strict';
import { numberOption } from '../../ts-core/cli/command.js';

it('rejects an option without a number by its name, and is unset without the option', () => {
  const positive = numberOption('count', (value) => value > 0, 'a number above 0');
  assert.deepEqual([positive(3), positive(undefined)], [3, undefined]);
  for (const wrong of [0, Number.NaN])
    assert.throws(() => positive(wrong), { message: '--count must be a number above 0.' });
});
