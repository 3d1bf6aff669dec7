/**
 * Defines which parts of the owner authorization this machine stores at each level, and which of them
 * Tbsi_Get_OwnerAuth returns.
 *
 * Group Policy "Configure the level of TPM owner authorization information available to the operating system"; Tbs.h,
 * TBS_OWNERAUTH_TYPE.
 */
import type { OsManagedAuthLevel } from '../policy/settings.js';
import type { TpmVersion } from '../tpm/tpm-version.js';

/**
 * One secret, stored in its own file. `owner`: the full owner authorization (TPM 2.0: lockoutAuth). `storage` and
 * `endorsement`: the hierarchies' authorization (TPM 2.0). The delegations (TPM 1.2): the delegated authorization value
 * (20 bytes) and its TPM_DELEGATE_OWNER_BLOB.
 */
export type MaterialName =
  | 'owner'
  | 'storage'
  | 'endorsement'
  | 'administratorDelegation'
  | 'userDelegation'
  | 'endorsementDelegation';

export const MATERIAL_NAMES: Readonly<Record<TpmVersion, readonly MaterialName[]>> = {
  '2.0': ['owner', 'storage', 'endorsement'],
  '1.2': ['owner', 'administratorDelegation', 'userDelegation', 'endorsementDelegation'],
};

const DELEGATED: Readonly<Record<TpmVersion, readonly MaterialName[]>> = {
  '2.0': ['storage', 'endorsement'],
  '1.2': ['administratorDelegation', 'userDelegation', 'endorsementDelegation'],
};

/**
 * Returns what a level stores: None nothing, Delegated the delegated material, Full everything, 5 only the lockout
 * authorization (TPM 2.0).
 */
export function materialFor(level: OsManagedAuthLevel, version: TpmVersion): readonly MaterialName[] {
  switch (level) {
    case 0:
      return [];
    case 2:
      return DELEGATED[version];
    case 4:
      return MATERIAL_NAMES[version];
    case 5:
      return version === '2.0' ? ['owner'] : DELEGATED[version];
  }
}

export function keepsOwner(level: OsManagedAuthLevel, version: TpmVersion): boolean {
  return materialFor(level, version).includes('owner');
}

export interface OwnerAuthType {
  /** TBS_OWNERAUTH_TYPE. */
  readonly number: number;
  readonly name: 'Full' | 'Admin' | 'User' | 'Endorsement' | 'Endorsement20' | 'Storage20';
  readonly material: MaterialName;
  readonly versions: readonly TpmVersion[];
  /** False only for the user delegation, which standard users may read. */
  readonly administratorsOnly: boolean;
}

export const OWNER_AUTH_TYPES: readonly OwnerAuthType[] = [
  { number: 1, name: 'Full', material: 'owner', versions: ['1.2', '2.0'], administratorsOnly: true },
  { number: 2, name: 'Admin', material: 'administratorDelegation', versions: ['1.2'], administratorsOnly: true },
  { number: 3, name: 'User', material: 'userDelegation', versions: ['1.2'], administratorsOnly: false },
  { number: 4, name: 'Endorsement', material: 'endorsementDelegation', versions: ['1.2'], administratorsOnly: true },
  { number: 12, name: 'Endorsement20', material: 'endorsement', versions: ['2.0'], administratorsOnly: true },
  { number: 13, name: 'Storage20', material: 'storage', versions: ['2.0'], administratorsOnly: true },
];
