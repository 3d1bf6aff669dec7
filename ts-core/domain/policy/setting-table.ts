/**
 * The one table of policy settings. The type of the policy in force, the parsing of every source (tbsd.json, policy.d,
 * Registry.pol, the registry), the JSON Schema and docs/policy.md derive from its rows. A row's `admxPolicy` also needs
 * its texts in packaging/admx-source/texts.mjs.
 *
 * Keys, types and bounds: Windows' documentation of the TPM Group Policy settings, TPM.admx. TPM.admx and Windows' TPM
 * driver limit both thresholds to 0 to 100. The driver stores the duration as a 32-bit number of seconds, hence its
 * upper bound in minutes.
 */
import {
  authLevel,
  type CodesByClass,
  classLists,
  codes,
  flag,
  type RegistryPlace,
  type Setting,
  wholeNumber,
} from './setting-kinds.js';

/** Below HKEY_LOCAL_MACHINE; read with everything below it. */
export const POLICY_KEY = 'Software\\Policies\\Microsoft\\TPM';
/** Windows stores other values under this key; only those in the table are read as policy. */
export const PREFERENCE_KEY = 'Software\\Microsoft\\Tpm';
const BLOCKED_KEY = `${POLICY_KEY}\\BlockedCommands`;
const ALLOWED_LIST_KEYS = {
  administrator: `${PREFERENCE_KEY}\\AllowedW8Commands\\List`,
  standardUser: `${PREFERENCE_KEY}\\AllowedW8UserCommands\\List`,
  sandboxedApp: `${PREFERENCE_KEY}\\AllowedW8AppContainerCommands\\List`,
};

const NO_CODES: CodesByClass = { administrator: [], standardUser: [], sandboxedApp: [] };

export const POLICY_SETTINGS = {
  blockedCommandsEnabled: flag({
    default: false,
    meaning: 'Turns on the list `blockedCommands`.',
    registry: dword(BLOCKED_KEY, 'Enabled'),
    admxPolicy: 'BlockedCommandsList_Name',
  }),
  blockedCommands: codes({
    default: [],
    meaning: 'Command codes that policy blocks for everybody: TPM 1.2 ordinals or TPM 2.0 command codes.',
    registry: { key: `${BLOCKED_KEY}\\List`, type: 'REG_SZ' },
    admxPolicy: 'BlockedCommandsList_Name',
  }),
  ignoreDefaultList: flag({
    default: false,
    meaning: 'Ignores the default list of blocked commands (TPM 1.2). Never opens the allowed lists of TPM 2.0.',
    registry: dword(BLOCKED_KEY, 'IgnoreDefaultList'),
    admxPolicy: 'IgnoreDefaultList_Name',
  }),
  ignoreLocalList: flag({
    default: false,
    meaning: 'Ignores the list of the local administrators (`Add-TbsCommandBlock`).',
    registry: dword(BLOCKED_KEY, 'IgnoreLocalList'),
    admxPolicy: 'IgnoreLocalList_Name',
  }),
  allowedCommands: classLists({
    default: NO_CODES,
    meaning: 'TPM 2.0 command codes to add to the allowed lists, by caller class, including vendor codes.',
    registry: { keys: ALLOWED_LIST_KEYS, type: 'REG_DWORD', data: 1 },
    admxPolicy: 'AllowedCommands',
  }),
  disallowedCommands: classLists({
    default: NO_CODES,
    meaning: 'TPM 2.0 command codes to remove from the allowed lists, by caller class; stronger than every grant.',
    registry: { keys: ALLOWED_LIST_KEYS, type: 'REG_DWORD', data: 0 },
    admxPolicy: 'AllowedCommands',
  }),
  osManagedAuthLevel: authLevel({
    default: undefined,
    meaning:
      'How much of the owner authorization is stored on the machine: 0 None, 2 Delegated, 4 Full, 5 (TPM 2.0: only the lockout authorization). Unset: 4 if backup is off, 2 if it is on.',
    registry: dword(POLICY_KEY, 'OSManagedAuthLevel'),
    admxPolicy: 'OSManagedAuth_Name',
  }),
  activeDirectoryBackup: flag({
    default: false,
    meaning: 'Backs up the owner authorization to AD DS.',
    registry: dword(POLICY_KEY, 'ActiveDirectoryBackup'),
    admxPolicy: 'ActiveDirectoryBackup',
  }),
  requireActiveDirectoryBackup: flag({
    default: undefined,
    meaning:
      'Refuses a change of the owner authorization unless its backup succeeds. Unset: as `activeDirectoryBackup`.',
    registry: dword(POLICY_KEY, 'RequireActiveDirectoryBackup'),
    admxPolicy: 'ActiveDirectoryBackup',
  }),
  closeHierarchies: flag({
    default: false,
    meaning:
      'Makes provisioning give the storage and endorsement hierarchies of a TPM 2.0 a random authorization, at the levels that store it (2 and 4). Other TPM programs, such as clevis and systemd-cryptenroll, then stop working.',
    registry: dword(POLICY_KEY, 'CloseHierarchies'),
    admxPolicy: 'CloseHierarchies',
  }),
  standardUserAuthorizationFailureDurationMinutes: wholeNumber({
    default: 480,
    bounds: { min: 0, max: 71_582_788 },
    meaning: 'Length of the sliding window in which authorization failures count, in minutes. 0: no failure counts.',
    registry: dword(POLICY_KEY, 'StandardUserAuthorizationFailureDuration'),
    admxPolicy: 'StandardUserAuthorizationFailureDuration_Name',
  }),
  standardUserAuthorizationFailureIndividualThreshold: wholeNumber({
    default: 4,
    bounds: { min: 0, max: 100 },
    meaning:
      'Failures of one standard user that lock this user out. 0: standard users may send no authorized command at all.',
    registry: dword(POLICY_KEY, 'StandardUserAuthorizationFailureIndividualThreshold'),
    admxPolicy: 'StandardUserAuthorizationFailureIndividualThreshold_Name',
  }),
  standardUserAuthorizationFailureTotalThreshold: wholeNumber({
    default: 9,
    bounds: { min: 0, max: 100 },
    meaning:
      'Failures of all standard users together that lock all of them out. 0: standard users may send no authorized command at all.',
    registry: dword(POLICY_KEY, 'StandardUserAuthorizationFailureTotalThreshold'),
    admxPolicy: 'StandardUserAuthorizationFailureTotalThreshold_Name',
  }),
  maxContexts: wholeNumber({
    default: 1200,
    bounds: { min: 1, max: 65_536 },
    meaning: 'Open contexts, of all users together; one in 16 is reserved for administrators.',
    registry: dword(PREFERENCE_KEY, 'MaxContexts'),
    admxPolicy: 'MaxContexts',
  }),
  maxContextsPerUser: wholeNumber({
    default: 1050,
    bounds: { min: 1, max: 65_536 },
    meaning: 'Open contexts of one user.',
    registry: dword(PREFERENCE_KEY, 'MaxContextsPerUser'),
    admxPolicy: 'MaxContextsPerUser',
  }),
  maxResources: wholeNumber({
    default: 500,
    bounds: { min: 1, max: 65_536 },
    meaning: 'Objects and sessions of one context.',
    registry: dword(PREFERENCE_KEY, 'MaxResources'),
    admxPolicy: 'MaxResources',
  }),
} as const satisfies Readonly<Record<string, Setting>>;

function dword(key: string, valueName: string): RegistryPlace {
  return { key, valueName, type: 'REG_DWORD' };
}

export type PolicySettingName = keyof typeof POLICY_SETTINGS;

export const POLICY_SETTING_NAMES = Object.keys(POLICY_SETTINGS) as readonly PolicySettingName[];

export function isPolicySettingName(name: string): name is PolicySettingName {
  return Object.hasOwn(POLICY_SETTINGS, name);
}

export type ClassListName = {
  [Name in PolicySettingName]: (typeof POLICY_SETTINGS)[Name]['kind'] extends 'classLists' ? Name : never;
}[PolicySettingName];

export function isClassListName(name: PolicySettingName): name is ClassListName {
  return POLICY_SETTINGS[name].kind === 'classLists';
}
