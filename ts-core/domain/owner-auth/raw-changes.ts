/**
 * Recognizes callers' commands that change the owner authorization behind the broker's back: those to refuse while a
 * backup is required, and the stored material that each makes void when it succeeds.
 */
import { HEADER_BYTES, readUint32 } from '../tpm/command-header.js';
import type { TpmVersion } from '../tpm/tpm-version.js';
import { TPM_ORD } from '../tpm12/codes.js';
import { actingCodeOf } from '../tpm12/transport.js';
import { TPM_CC, TPM_RH } from '../tpm20/codes.js';
import { MATERIAL_NAMES, type MaterialName } from './kept-material.js';

/**
 * The ordinal decides, because transport encryption hides the entity types of TPM_ChangeAuth and TPM_ChangeAuthOwner.
 */
const CHANGES_OWNER_12: readonly number[] = [TPM_ORD.TakeOwnership, TPM_ORD.ChangeAuthOwner];

const VOIDS_ALL_12: readonly number[] = [
  ...CHANGES_OWNER_12,
  TPM_ORD.OwnerClear,
  TPM_ORD.ForceClear,
  TPM_ORD.RevokeTrust,
];

/**
 * Returns whether a command would change the owner or lockout authorization, including inside a TPM 1.2 transport
 * session.
 */
export function changesOwnerAuth(version: TpmVersion, code: number, command: Uint8Array): boolean {
  if (version === '1.2') return CHANGES_OWNER_12.includes(actingCodeOf(version, code, command));
  if (code !== TPM_CC.HierarchyChangeAuth) return false;
  const hierarchy = firstHandle(command);
  return hierarchy === TPM_RH.OWNER || hierarchy === TPM_RH.LOCKOUT;
}

/** Returns the stored material that a successful command has made void. */
export function materialVoidedBy(version: TpmVersion, code: number, command: Uint8Array): readonly MaterialName[] {
  if (version === '1.2') {
    return VOIDS_ALL_12.includes(actingCodeOf(version, code, command)) ? MATERIAL_NAMES[version] : [];
  }
  if (code === TPM_CC.Clear) return MATERIAL_NAMES[version];
  if (code === TPM_CC.ChangeEPS) return ['endorsement'];
  if (code !== TPM_CC.HierarchyChangeAuth) return [];
  const name = MATERIAL_BY_HIERARCHY.get(firstHandle(command));
  return name === undefined ? [] : [name];
}

const MATERIAL_BY_HIERARCHY: ReadonlyMap<number, MaterialName> = new Map([
  [TPM_RH.LOCKOUT, 'owner'],
  [TPM_RH.OWNER, 'storage'],
  [TPM_RH.ENDORSEMENT, 'endorsement'],
]);

/** In a command that ends inside its first handle, the missing bytes count as zeros, which no hierarchy's handle has. */
function firstHandle(command: Uint8Array): number {
  return readUint32(command, HEADER_BYTES);
}
