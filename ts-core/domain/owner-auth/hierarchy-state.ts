/**
 * The storage and the endorsement hierarchy of a TPM 2.0: open while their authorization is empty, as Windows 10 and 11
 * leave them and as other TPM programs expect them, closed once it is set.
 */
import type { OsManagedAuthLevel } from '../policy/settings.js';
import type { TpmVersion } from '../tpm/tpm-version.js';
import { materialFor } from './kept-material.js';

export const HIERARCHY_NAMES = ['storage', 'endorsement'] as const;

export type HierarchyName = (typeof HIERARCHY_NAMES)[number];

/** `closed`: its authorization is stored here. `closedByOthers`: it is set, and not stored here. */
export type HierarchyState = 'open' | 'closed' | 'closedByOthers';

export type HierarchyStates = Readonly<Record<HierarchyName, HierarchyState>>;

export function hierarchyState(authIsSet: boolean, authIsStored: boolean): HierarchyState {
  if (!authIsSet) return 'open';
  return authIsStored ? 'closed' : 'closedByOthers';
}

/**
 * Returns whether the level allows closing hierarchies: only if their authorizations are stored, since otherwise nobody
 * could use the hierarchies again.
 */
export function mayCloseHierarchies(level: OsManagedAuthLevel, version: TpmVersion): boolean {
  const stored = materialFor(level, version);
  return HIERARCHY_NAMES.every((name) => stored.includes(name));
}

/** The warning for people who are about to close the hierarchies. */
export const CLOSING_STOPS =
  'Programs that use the empty authorization of the storage and endorsement hierarchies stop working: clevis, systemd-cryptenroll, tpm2-pkcs11, FAPI and tpm2_createprimary fail with 0x9A2, and disks that were bound to the TPM before may not unlock at the next start.';
