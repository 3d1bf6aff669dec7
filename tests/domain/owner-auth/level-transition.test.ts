import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MATERIAL_NAMES, materialFor } from '../../../ts-core/domain/owner-auth/kept-material.js';
import { levelTransition } from '../../../ts-core/domain/owner-auth/level-transition.js';
import type { OsManagedAuthLevel } from '../../../ts-core/domain/policy/settings.js';

const LEVELS: readonly OsManagedAuthLevel[] = [0, 2, 4, 5];
const anyLevel = fc.constantFrom(...LEVELS);
const anyVersion = fc.constantFrom('1.2' as const, '2.0' as const);

describe('a change of the effective level', () => {
  it('sets a new owner authorization exactly if Delegated follows a level that stored it', () => {
    fc.assert(
      fc.property(anyVersion, anyLevel, anyLevel, (version, from, to) => {
        const kept = materialFor(from, version).includes('owner');
        const delegated = to === 2 || (to === 5 && version === '1.2');
        assert.equal(levelTransition(version, from, to).newOwnerAuth, kept && delegated);
      }),
    );
  });

  it('wipes everything that the new level does not store, and nothing that it stores', () => {
    fc.assert(
      fc.property(anyVersion, anyLevel, anyLevel, (version, from, to) => {
        const { wiped, reopened } = levelTransition(version, from, to);
        assert.deepEqual([...wiped, ...materialFor(to, version)].sort(), [...MATERIAL_NAMES[version]].sort());
        for (const name of reopened) assert.ok(wiped.includes(name));
      }),
    );
  });

  it('opens the hierarchies whose authorization is no longer stored', () => {
    const reopened = (from: OsManagedAuthLevel, to: OsManagedAuthLevel) => levelTransition('2.0', from, to).reopened;
    assert.deepEqual(reopened(4, 0), ['storage', 'endorsement']);
    assert.deepEqual(reopened(2, 5), ['storage', 'endorsement']);
    assert.deepEqual(reopened(4, 2), []);
    assert.deepEqual(reopened(5, 0), [], 'their authorization was not kept before');
    assert.deepEqual(levelTransition('1.2', 4, 0).reopened, []);
  });

  it('lowers the level if any stored material is lost', () => {
    const lowers = (from: OsManagedAuthLevel, to: OsManagedAuthLevel) => levelTransition('2.0', from, to).lowers;
    assert.deepEqual([lowers(4, 2), lowers(4, 5), lowers(2, 0), lowers(5, 2)], [true, true, true, true]);
    assert.deepEqual(
      [lowers(2, 4), lowers(0, 4), lowers(4, 4), lowers(0, 0), lowers(0, 2)],
      [false, false, false, false, false],
    );
  });
});
