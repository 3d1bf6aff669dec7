/**
 * The shipped blocked lists of TPM 1.2, by class, each entry with its reason.
 *
 * Administrators: the 23 ordinals that Windows documents. Standard users: these, and whatever asserts physical presence,
 * clears, deactivates, upgrades, or changes the TPM for others. Sandboxed apps: these, and whatever is enrolment,
 * attestation, administration of keys, NV or counters. What remains for apps is using keys, random numbers, hashes and
 * reading PCRs and properties. An ordinal unknown here goes to the TPM, as on Windows: TPM 1.2 is complete.
 * What the commands do: TPM 1.2 Main specification, Part 3.
 */
import type { CallerClass } from '../caller.js';

export interface Tpm12BlockedEntry {
  readonly ordinal: number;
  readonly name: string;
  readonly reason: string;
}

const blockedForEveryone: readonly Tpm12BlockedEntry[] = [
  {
    ordinal: 14,
    name: 'TPM_ChangeAuthAsymStart',
    reason: "Old way of changing an authorization, weaker than TPM_ChangeAuth; on Windows' default list.",
  },
  {
    ordinal: 15,
    name: 'TPM_ChangeAuthAsymFinish',
    reason: "Old way of changing an authorization, weaker than TPM_ChangeAuth; on Windows' default list.",
  },
  {
    ordinal: 22,
    name: 'TPM_Quote',
    reason:
      "Attestation tells machines apart; on Windows' default list by two of three pages, where the stricter reading protects.",
  },
  {
    ordinal: 25,
    name: 'TPM_DirWriteAuth',
    reason: "Data integrity registers of TPM 1.1, which NV replaced; on Windows' default list.",
  },
  {
    ordinal: 26,
    name: 'TPM_DirRead',
    reason: "Data integrity registers of TPM 1.1, which NV replaced; on Windows' default list.",
  },
  { ordinal: 32, name: 'TPM_LoadKey', reason: "Replaced by TPM_LoadKey2; on Windows' default list." },
  { ordinal: 34, name: 'TPM_EvictKey', reason: "Replaced by TPM_FlushSpecific; on Windows' default list." },
  {
    ordinal: 62,
    name: 'TPM_Quote2',
    reason:
      "Attestation tells machines apart; on Windows' default list by two of three pages, where the stricter reading protects.",
  },
  {
    ordinal: 82,
    name: 'TPM_CertifySelfTest',
    reason: "Replaced; signs the result of a self test and so tells machines apart; on Windows' default list.",
  },
  {
    ordinal: 90,
    name: 'TPM_Reset',
    reason: "Replaced by TPM_FlushSpecific; ends the sessions of everyone; on Windows' default list.",
  },
  {
    ordinal: 100,
    name: 'TPM_GetCapabilitySigned',
    reason: "Signed answers tell machines apart; removed from the specification; on Windows' default list.",
  },
  { ordinal: 102, name: 'TPM_GetCapabilityOwner', reason: "Replaced by TPM_GetCapability; on Windows' default list." },
  {
    ordinal: 125,
    name: 'TPM_OwnerReadPubek',
    reason: "Reads the endorsement key, which tells machines apart; on Windows' default list.",
  },
  {
    ordinal: 126,
    name: 'TPM_DisablePubekRead',
    reason: "Shuts the endorsement key away for good; on Windows' default list.",
  },
  {
    ordinal: 130,
    name: 'TPM_GetAuditEvent',
    reason: "Audit of TPM 1.1, removed from the specification; on Windows' default list.",
  },
  {
    ordinal: 131,
    name: 'TPM_GetAuditEventSigned',
    reason: "Audit of TPM 1.1, removed from the specification; on Windows' default list.",
  },
  {
    ordinal: 140,
    name: 'TPM_GetOrdinalAuditStatus',
    reason: "Audit of TPM 1.1, removed from the specification; on Windows' default list.",
  },
  {
    ordinal: 150,
    name: 'TPM_Terminate_Handle',
    reason: "Replaced by TPM_FlushSpecific; could end others' sessions; on Windows' default list.",
  },
  {
    ordinal: 152,
    name: 'TPM_SaveState',
    reason:
      "Saving the state belongs to whoever suspends the machine; on Windows' default list by two of three pages, where the stricter reading protects.",
  },
  { ordinal: 180, name: 'TPM_SaveKeyContext', reason: "Replaced by TPM_SaveContext; on Windows' default list." },
  { ordinal: 181, name: 'TPM_LoadKeyContext', reason: "Replaced by TPM_LoadContext; on Windows' default list." },
  { ordinal: 182, name: 'TPM_SaveAuthContext', reason: "Replaced by TPM_SaveContext; on Windows' default list." },
  { ordinal: 183, name: 'TPM_LoadAuthContext', reason: "Replaced by TPM_LoadContext; on Windows' default list." },
];

const alsoBlockedForStandardUsers: readonly Tpm12BlockedEntry[] = [
  { ordinal: 13, name: 'TPM_TakeOwnership', reason: 'Takes ownership of the whole TPM.' },
  {
    ordinal: 16,
    name: 'TPM_ChangeAuthOwner',
    reason: "Changes the owner's or the storage root key's authorization and so shuts others out.",
  },
  {
    ordinal: 20,
    name: 'TPM_Extend',
    reason:
      'Extends a PCR, perhaps one of the boot, which breaks sealed keys and attestation of everyone until the next boot.',
  },
  { ordinal: 35, name: 'TPM_KeyControlOwner', reason: 'Changes which keys the owner lets stay in the TPM.' },
  {
    ordinal: 44,
    name: 'TPM_CreateMaintenanceArchive',
    reason: "Maintenance archive: takes the TPM's keys out to the manufacturer.",
  },
  { ordinal: 45, name: 'TPM_LoadMaintenanceArchive', reason: "Maintenance archive: replaces the TPM's keys." },
  { ordinal: 46, name: 'TPM_KillMaintenanceFeature', reason: 'Switches maintenance off for good.' },
  { ordinal: 47, name: 'TPM_LoadManuMaintPub', reason: "Maintenance archive: sets the manufacturer's key." },
  { ordinal: 48, name: 'TPM_ReadManuMaintPub', reason: 'Maintenance archive: no use to a standard user.' },
  { ordinal: 63, name: 'TPM_SetCapability', reason: 'Changes flags of the whole TPM.' },
  { ordinal: 64, name: 'TPM_ResetLockValue', reason: 'Forgives failed tries; a guesser must not be able to.' },
  { ordinal: 91, name: 'TPM_OwnerClear', reason: "Clears the TPM and destroys every user's keys." },
  { ordinal: 92, name: 'TPM_DisableOwnerClear', reason: 'Forbids the owner to clear the TPM, for good.' },
  {
    ordinal: 93,
    name: 'TPM_ForceClear',
    reason: "Clears the TPM by physical presence and destroys every user's keys.",
  },
  { ordinal: 94, name: 'TPM_DisableForceClear', reason: 'Forbids clearing by physical presence until the next boot.' },
  { ordinal: 110, name: 'TPM_OwnerSetDisable', reason: 'Disables the TPM for everyone.' },
  { ordinal: 111, name: 'TPM_PhysicalEnable', reason: 'Enables a disabled TPM by physical presence.' },
  { ordinal: 112, name: 'TPM_PhysicalDisable', reason: 'Disables the TPM for everyone by physical presence.' },
  { ordinal: 113, name: 'TPM_SetOwnerInstall', reason: 'Allows or forbids an owner by physical presence.' },
  {
    ordinal: 114,
    name: 'TPM_PhysicalSetDeactivated',
    reason: 'Deactivates or activates the TPM by physical presence.',
  },
  {
    ordinal: 115,
    name: 'TPM_SetTempDeactivated',
    reason: 'Deactivates the TPM for everyone until the next boot, without any authorization.',
  },
  {
    ordinal: 116,
    name: 'TPM_SetOperatorAuth',
    reason: "Sets the operator's authorization, with which the TPM can be deactivated.",
  },
  {
    ordinal: 117,
    name: 'TPM_SetOwnerPointer',
    reason: 'Changes on whose behalf the TPM compares owner authorizations.',
  },
  { ordinal: 120, name: 'TPM_CreateEndorsementKeyPair', reason: 'Makes the endorsement key, which can be done once.' },
  { ordinal: 127, name: 'TPM_CreateRevocableEK', reason: 'Makes an endorsement key that can be revoked.' },
  { ordinal: 128, name: 'TPM_RevokeTrust', reason: 'Revokes the endorsement key and clears the TPM.' },
  {
    ordinal: 134,
    name: 'TPM_GetAuditDigestSigned',
    reason: "Signs and closes the TPM's one audit digest, which others rely on.",
  },
  { ordinal: 141, name: 'TPM_SetOrdinalAuditStatus', reason: 'Chooses which commands the TPM audits, for everyone.' },
  { ordinal: 151, name: 'TPM_Init', reason: 'Signal of the platform; not a command of software.' },
  { ordinal: 154, name: 'TPM_SetRedirection', reason: "Redirects a key's output to hardware." },
  {
    ordinal: 163,
    name: 'TPM_SHA1CompleteExtend',
    reason: 'Extends a PCR, perhaps one of the boot, as TPM_Extend does.',
  },
  { ordinal: 170, name: 'TPM_FieldUpgrade', reason: "Replaces the TPM's firmware." },
  { ordinal: 200, name: 'TPM_PCR_Reset', reason: 'Resets PCRs, which others may rely on.' },
  {
    ordinal: 204,
    name: 'TPM_NV_DefineSpace',
    reason: "Takes or frees the TPM's small permanent memory, and locks it for good.",
  },
  {
    ordinal: 205,
    name: 'TPM_NV_WriteValue',
    reason: 'Writes NV as the owner, or without any authorization while NV is not locked.',
  },
  {
    ordinal: 209,
    name: 'TPM_Delegate_UpdateVerification',
    reason: 'Changes delegations, by which the owner lets others act.',
  },
  { ordinal: 210, name: 'TPM_Delegate_Manage', reason: 'Changes delegations, by which the owner lets others act.' },
  {
    ordinal: 213,
    name: 'TPM_Delegate_CreateOwnerDelegation',
    reason: 'Changes delegations, by which the owner lets others act.',
  },
  {
    ordinal: 216,
    name: 'TPM_Delegate_LoadOwnerDelegation',
    reason: 'Changes delegations, by which the owner lets others act.',
  },
  { ordinal: 220, name: 'TPM_CreateCounter', reason: "Takes one of the TPM's few monotonic counters." },
  { ordinal: 224, name: 'TPM_ReleaseCounterOwner', reason: "Deletes a counter of anybody's as the owner." },
  {
    ordinal: 0x4000000a,
    name: 'TSC_PhysicalPresence',
    reason: 'Asserts physical presence, which opens clearing, disabling and deactivating without authorization.',
  },
  {
    ordinal: 0x4000000b,
    name: 'TSC_ResetEstablishmentBit',
    reason: 'Resets the flag that tells whether a trusted start took place.',
  },
];

const alsoBlockedForSandboxedApps: readonly Tpm12BlockedEntry[] = [
  { ordinal: 12, name: 'TPM_ChangeAuth', reason: 'Changes authorizations of keys; apps make a new key instead.' },
  { ordinal: 17, name: 'TPM_DSAP', reason: 'Delegated authorization acts for the owner, which apps do not.' },
  { ordinal: 18, name: 'TPM_CMK_CreateTicket', reason: 'Certified migration is administration of keys.' },
  { ordinal: 19, name: 'TPM_CMK_CreateKey', reason: 'Certified migration is administration of keys.' },
  { ordinal: 27, name: 'TPM_CMK_CreateBlob', reason: 'Certified migration is administration of keys.' },
  { ordinal: 28, name: 'TPM_CMK_SetRestrictions', reason: 'Certified migration is administration of keys.' },
  { ordinal: 29, name: 'TPM_CMK_ApproveMA', reason: 'Certified migration is administration of keys.' },
  { ordinal: 36, name: 'TPM_CMK_ConvertMigration', reason: 'Certified migration is administration of keys.' },
  { ordinal: 37, name: 'TPM_MigrateKey', reason: 'Moving keys to another TPM is administration of keys.' },
  { ordinal: 40, name: 'TPM_CreateMigrationBlob', reason: 'Moving keys to another TPM is administration of keys.' },
  {
    ordinal: 41,
    name: 'TPM_DAA_JOIN',
    reason: 'Direct anonymous attestation takes the TPM minutes and is enrolment, no business of apps.',
  },
  { ordinal: 42, name: 'TPM_ConvertMigrationBlob', reason: 'Moving keys to another TPM is administration of keys.' },
  { ordinal: 43, name: 'TPM_AuthorizeMigrationKey', reason: 'Moving keys to another TPM is administration of keys.' },
  {
    ordinal: 49,
    name: 'TPM_DAA_SIGN',
    reason: 'Direct anonymous attestation takes the TPM long and is no business of apps.',
  },
  { ordinal: 50, name: 'TPM_CertifyKey', reason: 'Attestation tells machines apart.' },
  { ordinal: 51, name: 'TPM_CertifyKey2', reason: 'Attestation tells machines apart.' },
  { ordinal: 71, name: 'TPM_StirRandom', reason: 'Not needed by apps.' },
  { ordinal: 80, name: 'TPM_SelfTestFull', reason: 'A full test keeps the TPM busy for everyone.' },
  { ordinal: 83, name: 'TPM_ContinueSelfTest', reason: 'Tests keep the TPM busy for everyone.' },
  { ordinal: 121, name: 'TPM_MakeIdentity', reason: 'Makes an attestation identity, which is enrolment.' },
  { ordinal: 122, name: 'TPM_ActivateIdentity', reason: 'Activates an attestation identity, which is enrolment.' },
  { ordinal: 124, name: 'TPM_ReadPubek', reason: 'Reads the endorsement key, which tells machines apart.' },
  { ordinal: 129, name: 'TPM_OwnerReadInternalPub', reason: 'Reads keys as the owner, which apps do not act as.' },
  { ordinal: 133, name: 'TPM_GetAuditDigest', reason: 'Reads the audit digest, which tells what others do.' },
  {
    ordinal: 184,
    name: 'TPM_SaveContext',
    reason: "The broker keeps an app's keys and sessions; apps need no saved contexts.",
  },
  {
    ordinal: 185,
    name: 'TPM_LoadContext',
    reason: "The broker keeps an app's keys and sessions; apps need no saved contexts.",
  },
  { ordinal: 206, name: 'TPM_NV_WriteValueAuth', reason: 'Apps have no NV.' },
  {
    ordinal: 207,
    name: 'TPM_NV_ReadValue',
    reason: 'Apps have no NV; the endorsement certificate there tells machines apart.',
  },
  { ordinal: 208, name: 'TPM_NV_ReadValueAuth', reason: 'Apps have no NV.' },
  {
    ordinal: 212,
    name: 'TPM_Delegate_CreateKeyDelegation',
    reason: 'Delegated authorization is administration of keys.',
  },
  { ordinal: 214, name: 'TPM_Delegate_VerifyDelegation', reason: 'Delegated authorization is administration of keys.' },
  { ordinal: 219, name: 'TPM_Delegate_ReadTable', reason: 'Tells which delegations the owner made.' },
  { ordinal: 221, name: 'TPM_IncrementCounter', reason: 'Apps have no monotonic counters.' },
  { ordinal: 222, name: 'TPM_ReadCounter', reason: 'Apps have no monotonic counters.' },
  { ordinal: 223, name: 'TPM_ReleaseCounter', reason: 'Apps have no monotonic counters.' },
  {
    ordinal: 230,
    name: 'TPM_EstablishTransport',
    reason: 'Transport sessions are few and one can be exclusive, holding up everyone.',
  },
  {
    ordinal: 231,
    name: 'TPM_ExecuteTransport',
    reason: 'Transport sessions are few and one can be exclusive, holding up everyone.',
  },
  {
    ordinal: 232,
    name: 'TPM_ReleaseTransportSigned',
    reason: 'Transport sessions are few and one can be exclusive, holding up everyone.',
  },
  { ordinal: 242, name: 'TPM_TickStampBlob', reason: 'Signed time tells machines apart.' },
];

const blockedForStandardUsers = [...blockedForEveryone, ...alsoBlockedForStandardUsers];

export const TPM12_DEFAULT_BLOCKED: Readonly<Record<CallerClass, readonly Tpm12BlockedEntry[]>> = {
  administrator: blockedForEveryone,
  standardUser: inOrder(blockedForStandardUsers),
  sandboxedApp: inOrder([...blockedForStandardUsers, ...alsoBlockedForSandboxedApps]),
};

function inOrder(entries: readonly Tpm12BlockedEntry[]): readonly Tpm12BlockedEntry[] {
  return [...entries].sort((left, right) => left.ordinal - right.ordinal);
}
