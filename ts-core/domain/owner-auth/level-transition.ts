/** Determines what happens to the stored material when the effective level changes. */
import type { OsManagedAuthLevel } from '../policy/settings.js';
import type { TpmVersion } from '../tpm/tpm-version.js';
import { keepsOwner, MATERIAL_NAMES, type MaterialName, materialFor } from './kept-material.js';

export interface LevelTransition {
  /**
   * Whether the owner authorization is replaced, so that every earlier copy becomes void: when a level that stores it
   * changes to Delegated.
   */
  readonly newOwnerAuth: boolean;
  /**
   * Hierarchies whose authorization is reset to empty first: otherwise nobody would know the value and nobody could use
   * them.
   */
  readonly reopened: readonly ('storage' | 'endorsement')[];
  readonly wiped: readonly MaterialName[];
  /** Whether the new level stores less than the old one. */
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

/** On a TPM 1.2, level 5 means Delegated. */
function isDelegated(level: OsManagedAuthLevel, version: TpmVersion): boolean {
  return level === 2 || (level === 5 && version === '1.2');
}
