/**
 * Commands of callers that change the owner authorization behind the broker's back: which are refused while a backup is
 * required, and which kept material is void after a successful one.
 */
import { HEADER_BYTES, readUint32 } from '../tpm/command-header.js';
import type { TpmVersion } from '../tpm/tpm-version.js';
import * as ord from '../tpm12/ordinal-codes.js';
import { actingCodeOf } from '../tpm12/transport.js';
import {
  TPM_CC_CLEAR,
  TPM_CC_HIERARCHY_CHANGE_AUTH,
  TPM_RH_ENDORSEMENT,
  TPM_RH_LOCKOUT,
  TPM_RH_OWNER,
} from '../tpm20/ownership.js';
import { MATERIAL_NAMES, type MaterialName } from './kept-material.js';

const TPM_CC_CHANGE_EPS = 0x124;

/** The entity types of TPM_ChangeAuth and TPM_ChangeAuthOwner cannot be read under encryption: the ordinal decides. */
const CHANGES_OWNER_12: readonly number[] = [ord.TPM_ORD_TakeOwnership, ord.TPM_ORD_ChangeAuthOwner];

const VOIDS_ALL_12: readonly number[] = [
  ...CHANGES_OWNER_12,
  ord.TPM_ORD_OwnerClear,
  ord.TPM_ORD_ForceClear,
  ord.TPM_ORD_RevokeTrust,
];

/** Whether a command would change owner or lockout authorization, also inside of a TPM 1.2 transport session. */
export function changesOwnerAuth(version: TpmVersion, code: number, command: Uint8Array): boolean {
  if (version === '1.2') return CHANGES_OWNER_12.includes(actingCodeOf(version, code, command));
  if (code !== TPM_CC_HIERARCHY_CHANGE_AUTH) return false;
  const hierarchy = firstHandle(command);
  return hierarchy === TPM_RH_OWNER || hierarchy === TPM_RH_LOCKOUT;
}

/** What a successful command has made void. */
export function materialVoidedBy(version: TpmVersion, code: number, command: Uint8Array): readonly MaterialName[] {
  if (version === '1.2') {
    return VOIDS_ALL_12.includes(actingCodeOf(version, code, command)) ? MATERIAL_NAMES[version] : [];
  }
  if (code === TPM_CC_CLEAR) return MATERIAL_NAMES[version];
  if (code === TPM_CC_CHANGE_EPS) return ['endorsement'];
  if (code !== TPM_CC_HIERARCHY_CHANGE_AUTH) return [];
  const name = MATERIAL_BY_HIERARCHY.get(firstHandle(command) ?? 0);
  return name === undefined ? [] : [name];
}

const MATERIAL_BY_HIERARCHY: ReadonlyMap<number, MaterialName> = new Map([
  [TPM_RH_LOCKOUT, 'owner'],
  [TPM_RH_OWNER, 'storage'],
  [TPM_RH_ENDORSEMENT, 'endorsement'],
]);

function firstHandle(command: Uint8Array): number | undefined {
  return command.length < HEADER_BYTES + 4 ? undefined : readUint32(command, HEADER_BYTES);
}
