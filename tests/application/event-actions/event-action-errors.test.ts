import assert from 'node:assert/strict';
import {
  badName,
  badScript,
  serviceSilent,
  tooManyTests,
} from '../../../ts-core/application/event-actions/event-action-errors.js';

describe('a refused request about event actions', () => {
  it('quotes the name as it was given, so that blanks and control characters are visible', () => {
    assert.equal(badName('a\tb ').message, '"a\\tb " cannot be the name of an event action.');
  });

  it('says why the script is refused, which path it has, and which file would do', () => {
    const { message, action, details } = badScript('/tmp/a.ps1', 'Everybody can change it.');
    assert.match(message, /only root can change\. Everybody can change it\.$/);
    assert.match(action ?? '', /actions\.d.*root.*0644/);
    assert.deepEqual(details, { parameter: 'path', path: '/tmp/a.ps1' });
  });

  it('gives limits and times in figures', () => {
    assert.match(tooManyTests(8).message, /^The limit of 8 tests/);
    assert.match(serviceSilent('notify', 90_000).message, /notify within 90 seconds/);
  });
});
