/** What a change of the effective level means for the kept material. */
import type { OsManagedAuthLevel } from '../policy/settings.js';
import type { TpmVersion } from '../tpm/tpm-version.js';
import { keepsOwner, MATERIAL_NAMES, type MaterialName, materialFor } from './kept-material.js';

export interface LevelTransition {
  /**
   * A new owner authorization is made, so that every earlier copy is void: from a level that keeps the owner
   * authorization to Delegated.
   */
  readonly newOwnerAuth: boolean;
  /** Hierarchies whose authorization is set back to empty first: a value that nobody knows would close them for all. */
  readonly reopened: readonly ('storage' | 'endorsement')[];
  readonly wiped: readonly MaterialName[];
  /** Something that was kept is not to be kept any more. */
  readonly lowers: boolean;
}

export function levelTransition(
  version: TpmVersion,
  from: OsManagedAuthLevel,
  to: OsManagedAuthLevel,
): LevelTransition {
  const kept = materialFor(to, version);
  const wiped = MATERIAL_NAMES[version].filter((name) => !kept.includes(name));
  const before = materialFor(from, version);
  return {
    newOwnerAuth: keepsOwner(from, version) && isDelegated(to, version),
    reopened: (['storage', 'endorsement'] as const).filter((name) => before.includes(name) && wiped.includes(name)),
    wiped,
    lowers: wiped.some((name) => before.includes(name)),
  };
}

/** Level 5 is Delegated on TPM 1.2. */
function isDelegated(level: OsManagedAuthLevel, version: TpmVersion): boolean {
  return level === 2 || (level === 5 && version === '1.2');
}
