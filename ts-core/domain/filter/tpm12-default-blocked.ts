/**
 * The shipped blocked lists of TPM 1.2, by caller class, each entry with its reason.
 *
 * Administrators: the 23 ordinals that Windows documents. Standard users: also everything that asserts physical
 * presence, clears, deactivates or upgrades the TPM, or changes it for others. Sandboxed apps: also enrolment,
 * attestation, and administration of keys, NV or counters, which leaves them keys, random numbers, hashes and reading
 * PCRs and properties. Other ordinals are passed on, as on Windows: the TPM 1.2 specification will define no new ones.
 * What the commands do: TPM 1.2 Main specification, Part 3.
 */
import type { CallerClass } from '../caller.js';
import { type ConnectionOrdinalName, type OrdinalName, TPM_ORD, TSC_ORD } from '../tpm12/codes.js';

export interface Tpm12BlockedEntry {
  readonly ordinal: number;
  readonly name: string;
  readonly reason: string;
}

/** A command by its full name: `TPM_OIAP`, `TSC_PhysicalPresence`. */
type FullName = `TPM_${OrdinalName}` | `TSC_${ConnectionOrdinalName}`;

interface BlockedCommand {
  readonly command: FullName;
  readonly reason: string;
}

const blockedForEveryone: readonly BlockedCommand[] = [
  {
    command: 'TPM_ChangeAuthAsymStart',
    reason: "Old way of changing an authorization, weaker than TPM_ChangeAuth; on Windows' default list.",
  },
  {
    command: 'TPM_ChangeAuthAsymFinish',
    reason: "Old way of changing an authorization, weaker than TPM_ChangeAuth; on Windows' default list.",
  },
  {
    command: 'TPM_Quote',
    reason:
      "Attestation tells machines apart; on Windows' default list according to two of Microsoft's three pages; the stricter reading applies.",
  },
  {
    command: 'TPM_DirWriteAuth',
    reason: "Data integrity registers of TPM 1.1, which NV replaced; on Windows' default list.",
  },
  {
    command: 'TPM_DirRead',
    reason: "Data integrity registers of TPM 1.1, which NV replaced; on Windows' default list.",
  },
  { command: 'TPM_LoadKey', reason: "Replaced by TPM_LoadKey2; on Windows' default list." },
  { command: 'TPM_EvictKey', reason: "Replaced by TPM_FlushSpecific; on Windows' default list." },
  {
    command: 'TPM_Quote2',
    reason:
      "Attestation tells machines apart; on Windows' default list according to two of Microsoft's three pages; the stricter reading applies.",
  },
  {
    command: 'TPM_CertifySelfTest',
    reason: "Replaced; signs the result of a self test and so tells machines apart; on Windows' default list.",
  },
  {
    command: 'TPM_Reset',
    reason: "Replaced by TPM_FlushSpecific; ends the sessions of everyone; on Windows' default list.",
  },
  {
    command: 'TPM_GetCapabilitySigned',
    reason: "Signed answers tell machines apart; removed from the specification; on Windows' default list.",
  },
  { command: 'TPM_GetCapabilityOwner', reason: "Replaced by TPM_GetCapability; on Windows' default list." },
  {
    command: 'TPM_OwnerReadPubek',
    reason: "Reads the endorsement key, which tells machines apart; on Windows' default list.",
  },
  {
    command: 'TPM_DisablePubekRead',
    reason: "Shuts the endorsement key away for good; on Windows' default list.",
  },
  {
    command: 'TPM_GetAuditEvent',
    reason: "Audit of TPM 1.1, removed from the specification; on Windows' default list.",
  },
  {
    command: 'TPM_GetAuditEventSigned',
    reason: "Audit of TPM 1.1, removed from the specification; on Windows' default list.",
  },
  {
    command: 'TPM_GetOrdinalAuditStatus',
    reason: "Audit of TPM 1.1, removed from the specification; on Windows' default list.",
  },
  {
    command: 'TPM_Terminate_Handle',
    reason: "Replaced by TPM_FlushSpecific; could end others' sessions; on Windows' default list.",
  },
  {
    command: 'TPM_SaveState',
    reason:
      "Saving the state belongs to whoever suspends the machine; on Windows' default list according to two of Microsoft's three pages; the stricter reading applies.",
  },
  { command: 'TPM_SaveKeyContext', reason: "Replaced by TPM_SaveContext; on Windows' default list." },
  { command: 'TPM_LoadKeyContext', reason: "Replaced by TPM_LoadContext; on Windows' default list." },
  { command: 'TPM_SaveAuthContext', reason: "Replaced by TPM_SaveContext; on Windows' default list." },
  { command: 'TPM_LoadAuthContext', reason: "Replaced by TPM_LoadContext; on Windows' default list." },
];

const alsoBlockedForStandardUsers: readonly BlockedCommand[] = [
  { command: 'TPM_TakeOwnership', reason: 'Takes ownership of the whole TPM.' },
  {
    command: 'TPM_ChangeAuthOwner',
    reason: "Changes the owner's or the storage root key's authorization and so shuts others out.",
  },
  {
    command: 'TPM_Extend',
    reason:
      'Extends a PCR, perhaps one of the boot, which breaks sealed keys and attestation of everyone until the next boot.',
  },
  { command: 'TPM_KeyControlOwner', reason: 'Changes which keys the owner lets stay in the TPM.' },
  {
    command: 'TPM_CreateMaintenanceArchive',
    reason: "Maintenance archive: takes the TPM's keys out to the manufacturer.",
  },
  { command: 'TPM_LoadMaintenanceArchive', reason: "Maintenance archive: replaces the TPM's keys." },
  { command: 'TPM_KillMaintenanceFeature', reason: 'Switches maintenance off for good.' },
  { command: 'TPM_LoadManuMaintPub', reason: "Maintenance archive: sets the manufacturer's key." },
  { command: 'TPM_ReadManuMaintPub', reason: 'Maintenance archive: no use to a standard user.' },
  { command: 'TPM_SetCapability', reason: 'Changes flags of the whole TPM.' },
  {
    command: 'TPM_ResetLockValue',
    reason: 'Resets the count of failed tries, which a guesser must not be able to do.',
  },
  { command: 'TPM_OwnerClear', reason: "Clears the TPM and destroys every user's keys." },
  { command: 'TPM_DisableOwnerClear', reason: 'Forbids the owner to clear the TPM, for good.' },
  {
    command: 'TPM_ForceClear',
    reason: "Clears the TPM by physical presence and destroys every user's keys.",
  },
  { command: 'TPM_DisableForceClear', reason: 'Forbids clearing by physical presence until the next boot.' },
  { command: 'TPM_OwnerSetDisable', reason: 'Disables the TPM for everyone.' },
  { command: 'TPM_PhysicalEnable', reason: 'Enables a disabled TPM by physical presence.' },
  { command: 'TPM_PhysicalDisable', reason: 'Disables the TPM for everyone by physical presence.' },
  { command: 'TPM_SetOwnerInstall', reason: 'Allows or forbids an owner by physical presence.' },
  {
    command: 'TPM_PhysicalSetDeactivated',
    reason: 'Deactivates or activates the TPM by physical presence.',
  },
  {
    command: 'TPM_SetTempDeactivated',
    reason: 'Deactivates the TPM for everyone until the next boot, without any authorization.',
  },
  {
    command: 'TPM_SetOperatorAuth',
    reason: "Sets the operator's authorization, with which the TPM can be deactivated.",
  },
  {
    command: 'TPM_SetOwnerPointer',
    reason: 'Changes on whose behalf the TPM compares owner authorizations.',
  },
  { command: 'TPM_CreateEndorsementKeyPair', reason: 'Creates the endorsement key, which can be done once.' },
  { command: 'TPM_CreateRevocableEK', reason: 'Creates an endorsement key that can be revoked.' },
  { command: 'TPM_RevokeTrust', reason: 'Revokes the endorsement key and clears the TPM.' },
  {
    command: 'TPM_GetAuditDigestSigned',
    reason: "Signs and closes the TPM's one audit digest, which others rely on.",
  },
  { command: 'TPM_SetOrdinalAuditStatus', reason: 'Chooses which commands the TPM audits, for everyone.' },
  { command: 'TPM_Init', reason: 'Signal of the platform; not a command of software.' },
  { command: 'TPM_SetRedirection', reason: "Redirects a key's output to hardware." },
  {
    command: 'TPM_SHA1CompleteExtend',
    reason: 'Extends a PCR, perhaps one of the boot, as TPM_Extend does.',
  },
  { command: 'TPM_FieldUpgrade', reason: "Replaces the TPM's firmware." },
  { command: 'TPM_PCR_Reset', reason: 'Resets PCRs, which others may rely on.' },
  {
    command: 'TPM_NV_DefineSpace',
    reason: "Takes or frees the TPM's small permanent memory, and locks it for good.",
  },
  {
    command: 'TPM_NV_WriteValue',
    reason: 'Writes NV as the owner, or without any authorization while NV is not locked.',
  },
  {
    command: 'TPM_Delegate_UpdateVerification',
    reason: 'Changes delegations, by which the owner lets others act.',
  },
  { command: 'TPM_Delegate_Manage', reason: 'Changes delegations, by which the owner lets others act.' },
  {
    command: 'TPM_Delegate_CreateOwnerDelegation',
    reason: 'Changes delegations, by which the owner lets others act.',
  },
  {
    command: 'TPM_Delegate_LoadOwnerDelegation',
    reason: 'Changes delegations, by which the owner lets others act.',
  },
  { command: 'TPM_CreateCounter', reason: "Takes one of the TPM's few monotonic counters." },
  { command: 'TPM_ReleaseCounterOwner', reason: "Deletes a counter of anybody's as the owner." },
  {
    command: 'TSC_PhysicalPresence',
    reason: 'Asserts physical presence, which opens clearing, disabling and deactivating without authorization.',
  },
  {
    command: 'TSC_ResetEstablishmentBit',
    reason: 'Resets the flag that shows whether a trusted start took place.',
  },
];

const alsoBlockedForSandboxedApps: readonly BlockedCommand[] = [
  { command: 'TPM_ChangeAuth', reason: 'Changes authorizations of keys; apps create a new key instead.' },
  { command: 'TPM_DSAP', reason: 'Delegated authorization acts for the owner, which apps do not.' },
  { command: 'TPM_CMK_CreateTicket', reason: 'Certified migration is administration of keys.' },
  { command: 'TPM_CMK_CreateKey', reason: 'Certified migration is administration of keys.' },
  { command: 'TPM_CMK_CreateBlob', reason: 'Certified migration is administration of keys.' },
  { command: 'TPM_CMK_SetRestrictions', reason: 'Certified migration is administration of keys.' },
  { command: 'TPM_CMK_ApproveMA', reason: 'Certified migration is administration of keys.' },
  { command: 'TPM_CMK_ConvertMigration', reason: 'Certified migration is administration of keys.' },
  { command: 'TPM_MigrateKey', reason: 'Moving keys to another TPM is administration of keys.' },
  { command: 'TPM_CreateMigrationBlob', reason: 'Moving keys to another TPM is administration of keys.' },
  {
    command: 'TPM_DAA_JOIN',
    reason: 'Direct anonymous attestation takes the TPM minutes and is part of enrolment, which apps do not need.',
  },
  { command: 'TPM_ConvertMigrationBlob', reason: 'Moving keys to another TPM is administration of keys.' },
  { command: 'TPM_AuthorizeMigrationKey', reason: 'Moving keys to another TPM is administration of keys.' },
  {
    command: 'TPM_DAA_SIGN',
    reason: 'Direct anonymous attestation keeps the TPM busy for long and is not needed by apps.',
  },
  { command: 'TPM_CertifyKey', reason: 'Attestation tells machines apart.' },
  { command: 'TPM_CertifyKey2', reason: 'Attestation tells machines apart.' },
  { command: 'TPM_StirRandom', reason: 'Not needed by apps.' },
  { command: 'TPM_SelfTestFull', reason: 'A full test keeps the TPM busy for everyone.' },
  { command: 'TPM_ContinueSelfTest', reason: 'Tests keep the TPM busy for everyone.' },
  { command: 'TPM_MakeIdentity', reason: 'Creates an attestation identity, which is enrolment.' },
  { command: 'TPM_ActivateIdentity', reason: 'Activates an attestation identity, which is enrolment.' },
  { command: 'TPM_ReadPubek', reason: 'Reads the endorsement key, which tells machines apart.' },
  { command: 'TPM_OwnerReadInternalPub', reason: 'Reads keys as the owner, which apps do not act as.' },
  { command: 'TPM_GetAuditDigest', reason: 'Reads the audit digest, which reveals what others do.' },
  {
    command: 'TPM_SaveContext',
    reason: "The broker keeps an app's keys and sessions; apps need no saved contexts.",
  },
  {
    command: 'TPM_LoadContext',
    reason: "The broker keeps an app's keys and sessions; apps need no saved contexts.",
  },
  { command: 'TPM_NV_WriteValueAuth', reason: 'Apps have no NV.' },
  {
    command: 'TPM_NV_ReadValue',
    reason: 'Apps have no NV; the endorsement certificate there tells machines apart.',
  },
  { command: 'TPM_NV_ReadValueAuth', reason: 'Apps have no NV.' },
  {
    command: 'TPM_Delegate_CreateKeyDelegation',
    reason: 'Delegated authorization is administration of keys.',
  },
  { command: 'TPM_Delegate_VerifyDelegation', reason: 'Delegated authorization is administration of keys.' },
  { command: 'TPM_Delegate_ReadTable', reason: 'Reveals which delegations the owner created.' },
  { command: 'TPM_IncrementCounter', reason: 'Apps have no monotonic counters.' },
  { command: 'TPM_ReadCounter', reason: 'Apps have no monotonic counters.' },
  { command: 'TPM_ReleaseCounter', reason: 'Apps have no monotonic counters.' },
  {
    command: 'TPM_EstablishTransport',
    reason: 'Transport sessions are few and one can be exclusive, holding up everyone.',
  },
  {
    command: 'TPM_ExecuteTransport',
    reason: 'Transport sessions are few and one can be exclusive, holding up everyone.',
  },
  {
    command: 'TPM_ReleaseTransportSigned',
    reason: 'Transport sessions are few and one can be exclusive, holding up everyone.',
  },
  { command: 'TPM_TickStampBlob', reason: 'Signed time tells machines apart.' },
];

const blockedForStandardUsers = [...blockedForEveryone, ...alsoBlockedForStandardUsers];

export const TPM12_DEFAULT_BLOCKED: Readonly<Record<CallerClass, readonly Tpm12BlockedEntry[]>> = {
  administrator: inOrder(blockedForEveryone),
  standardUser: inOrder(blockedForStandardUsers),
  sandboxedApp: inOrder([...blockedForStandardUsers, ...alsoBlockedForSandboxedApps]),
};

/** In order of the ordinals. */
function inOrder(commands: readonly BlockedCommand[]): readonly Tpm12BlockedEntry[] {
  return commands
    .map(({ command, reason }) => ({ ordinal: ordinalOf(command), name: command, reason }))
    .sort((left, right) => left.ordinal - right.ordinal);
}

function ordinalOf(command: FullName): number {
  return command.startsWith('TSC_')
    ? TSC_ORD[command.slice(4) as ConnectionOrdinalName]
    : TPM_ORD[command.slice(4) as OrdinalName];
}
