import assert from 'node:assert/strict';
import { hierarchyState, mayCloseHierarchies } from '../../../ts-core/domain/owner-auth/hierarchy-state.js';

describe('a hierarchy', () => {
  it('is open while its authorization is empty, whatever is stored', () => {
    assert.deepEqual([hierarchyState(false, false), hierarchyState(false, true)], ['open', 'open']);
  });

  it('is closed if the authorization is stored here, and closed by others if not', () => {
    assert.deepEqual([hierarchyState(true, true), hierarchyState(true, false)], ['closed', 'closedByOthers']);
  });

  it('may be closed only at a level that stores its authorization', () => {
    const levels = ([0, 2, 4, 5] as const).map((level) => mayCloseHierarchies(level, '2.0'));
    assert.deepEqual(levels, [false, true, true, false]);
    assert.equal(mayCloseHierarchies(4, '1.2'), false);
  });
});
