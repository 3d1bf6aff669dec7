import assert from 'node:assert/strict';
import { refusedByLevel } from '../../../ts-core/application/owner-auth/refused-by-level.js';
import { policyOf, STRICT_GPO } from '../../domain/filter/filter-fixtures.js';

const refusal = { message: 'It is not stored.', levels: 'Full' };

describe('a refusal that the level of owner authorization decided', () => {
  it('names the GPO that sets the level, since Set-TpmAuthLevel has no effect then', () => {
    const { action, details } = refusedByLevel(policyOf({ osManagedAuthLevel: 0 }, STRICT_GPO), refusal);
    assert.match(action, /^Set osManagedAuthLevel to Full in GPO "Strict".*Administrators of the domain/);
    assert.equal(details['source'], STRICT_GPO.location);
  });

  it('names Set-TpmAuthLevel where no policy sets the level', () => {
    assert.match(refusedByLevel(policyOf({}), refusal).action, /^Set the level Full first \(Set-TpmAuthLevel\)\./);
  });
});
