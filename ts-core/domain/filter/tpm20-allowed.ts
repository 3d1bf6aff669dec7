/**
 * The shipped allowed lists of TPM 2.0: who may send each command, and why.
 *
 * The three classes nest: what a sandboxed app may send a standard user may send, and so on, hence one word an entry.
 * A command that is not listed (of a later revision, or a vendor's) is blocked for everyone until it is granted.
 * What the commands do: TCG TPM 2.0 Library, Part 3.
 */
import type { HandleCondition } from './handle-rules.js';

/**
 * `everyone`: all classes; `users`: administrators and standard users; `administrators`: these only; `nobody`: withheld
 * from all, since it is the platform's or the manufacturer's.
 */
export type AllowedTo = 'everyone' | 'users' | 'administrators' | 'nobody';

export interface Tpm20AllowedEntry {
  readonly code: number;
  readonly name: string;
  readonly allowedTo: AllowedTo;
  /** Why the command is allowed to these and withheld from the others. */
  readonly reason: string;
  /** Limits on the handles with which callers other than administrators may send it. */
  readonly condition?: HandleCondition;
}

const startAndTest: readonly Tpm20AllowedEntry[] = [
  {
    code: 0x144,
    name: 'TPM2_Startup',
    allowedTo: 'everyone',
    reason: 'Programs send it out of habit; the broker answers it and the TPM never sees it.',
  },
  {
    code: 0x145,
    name: 'TPM2_Shutdown',
    allowedTo: 'administrators',
    reason: 'Prepares the whole TPM for loss of power, which concerns everyone who uses it.',
  },
  {
    code: 0x143,
    name: 'TPM2_SelfTest',
    allowedTo: 'users',
    reason: 'Changes nothing; withheld from apps, since a full test keeps the TPM busy for everyone.',
  },
  {
    code: 0x142,
    name: 'TPM2_IncrementalSelfTest',
    allowedTo: 'users',
    reason: 'Changes nothing; withheld from apps, since tests keep the TPM busy for everyone.',
  },
  {
    code: 0x17c,
    name: 'TPM2_GetTestResult',
    allowedTo: 'everyone',
    reason: 'Reads the result of the self test.',
  },
  {
    code: 0x17a,
    name: 'TPM2_GetCapability',
    allowedTo: 'everyone',
    reason: 'Reads properties; every TPM library starts with it. Handle lists are virtualized.',
  },
  {
    code: 0x18a,
    name: 'TPM2_TestParms',
    allowedTo: 'everyone',
    reason: 'Asks only whether the TPM supports an algorithm.',
  },
  {
    code: 0x19f,
    name: 'TPM2_SetCapability',
    allowedTo: 'administrators',
    reason: 'Sets properties of the TPM for everyone.',
  },
];

const sessionsAndContexts: readonly Tpm20AllowedEntry[] = [
  {
    code: 0x176,
    name: 'TPM2_StartAuthSession',
    allowedTo: 'everyone',
    reason: 'Sessions authorize and protect the use of keys.',
  },
  {
    code: 0x180,
    name: 'TPM2_PolicyRestart',
    allowedTo: 'everyone',
    reason: "Sets the caller's own policy session back.",
  },
  {
    code: 0x165,
    name: 'TPM2_FlushContext',
    allowedTo: 'everyone',
    reason: "Frees the caller's own objects and sessions.",
  },
  {
    code: 0x162,
    name: 'TPM2_ContextSave',
    allowedTo: 'everyone',
    reason: "Saves the caller's own objects and sessions, as tpm2-tools does between two programs.",
  },
  {
    code: 0x161,
    name: 'TPM2_ContextLoad',
    allowedTo: 'everyone',
    reason: 'Loads what the caller saved before.',
  },
];

const objects: readonly Tpm20AllowedEntry[] = [
  {
    code: 0x131,
    name: 'TPM2_CreatePrimary',
    allowedTo: 'users',
    reason:
      'The root of every key that a user makes. Apps use the storage key that an administrator made persistent, since making primary keys takes the TPM seconds.',
  },
  {
    code: 0x153,
    name: 'TPM2_Create',
    allowedTo: 'everyone',
    reason: 'Makes a key under a parent; it takes no room in the TPM.',
  },
  {
    code: 0x191,
    name: 'TPM2_CreateLoaded',
    allowedTo: 'users',
    reason: 'Makes keys and primary keys; withheld from apps as TPM2_CreatePrimary is.',
  },
  { code: 0x157, name: 'TPM2_Load', allowedTo: 'everyone', reason: "Loads the caller's own key." },
  {
    code: 0x167,
    name: 'TPM2_LoadExternal',
    allowedTo: 'everyone',
    reason: 'Loads a key from outside, mostly to verify signatures.',
  },
  { code: 0x173, name: 'TPM2_ReadPublic', allowedTo: 'everyone', reason: 'Reads the public part of a key.' },
  {
    code: 0x150,
    name: 'TPM2_ObjectChangeAuth',
    allowedTo: 'users',
    reason: "Gives the caller's own key a new authorization; apps make a new key instead.",
  },
  {
    code: 0x120,
    name: 'TPM2_EvictControl',
    allowedTo: 'administrators',
    reason: "Fills or empties the TPM's few persistent slots, which all users share.",
  },
  {
    code: 0x168,
    name: 'TPM2_MakeCredential',
    allowedTo: 'users',
    reason: 'Needs only a public key; part of enrolment, which is no business of apps.',
  },
  {
    code: 0x147,
    name: 'TPM2_ActivateCredential',
    allowedTo: 'users',
    reason: 'Enrolment of an attestation key; proves which machine this is, hence not for apps.',
  },
  {
    code: 0x14b,
    name: 'TPM2_Duplicate',
    allowedTo: 'users',
    reason: "Moves the caller's own key to another parent, if its policy allows; not needed by apps.",
  },
  { code: 0x152, name: 'TPM2_Rewrap', allowedTo: 'users', reason: 'Part of moving keys; not needed by apps.' },
  { code: 0x156, name: 'TPM2_Import', allowedTo: 'users', reason: 'Part of moving keys; not needed by apps.' },
];

const cryptography: readonly Tpm20AllowedEntry[] = [
  {
    code: 0x17b,
    name: 'TPM2_GetRandom',
    allowedTo: 'everyone',
    reason: 'Random numbers; nothing is changed for others.',
  },
  {
    code: 0x146,
    name: 'TPM2_StirRandom',
    allowedTo: 'users',
    reason: 'Adds to the entropy and cannot make it worse; not needed by apps.',
  },
  { code: 0x15d, name: 'TPM2_Sign', allowedTo: 'everyone', reason: "Signs with the caller's key." },
  {
    code: 0x177,
    name: 'TPM2_VerifySignature',
    allowedTo: 'everyone',
    reason: 'Needs only a public key and changes nothing.',
  },
  {
    code: 0x174,
    name: 'TPM2_RSA_Encrypt',
    allowedTo: 'everyone',
    reason: 'Needs only a public key and changes nothing.',
  },
  { code: 0x159, name: 'TPM2_RSA_Decrypt', allowedTo: 'everyone', reason: "Decrypts with the caller's key." },
  {
    code: 0x163,
    name: 'TPM2_ECDH_KeyGen',
    allowedTo: 'everyone',
    reason: 'Needs only a public key and changes nothing.',
  },
  { code: 0x154, name: 'TPM2_ECDH_ZGen', allowedTo: 'everyone', reason: "Agrees on a secret with the caller's key." },
  { code: 0x178, name: 'TPM2_ECC_Parameters', allowedTo: 'everyone', reason: 'Reads the constants of a curve.' },
  {
    code: 0x199,
    name: 'TPM2_ECC_Encrypt',
    allowedTo: 'everyone',
    reason: 'Needs only a public key and changes nothing.',
  },
  { code: 0x19a, name: 'TPM2_ECC_Decrypt', allowedTo: 'everyone', reason: "Decrypts with the caller's key." },
  {
    code: 0x18d,
    name: 'TPM2_ZGen_2Phase',
    allowedTo: 'users',
    reason: 'Two-phase key agreement; uses a counter that all share, hence not for apps.',
  },
  {
    code: 0x18e,
    name: 'TPM2_EC_Ephemeral',
    allowedTo: 'users',
    reason: 'Two-phase key agreement; uses a counter that all share, hence not for apps.',
  },
  {
    code: 0x18b,
    name: 'TPM2_Commit',
    allowedTo: 'users',
    reason: 'Anonymous signing; uses a counter that all share, hence not for apps.',
  },
  {
    code: 0x164,
    name: 'TPM2_EncryptDecrypt',
    allowedTo: 'everyone',
    reason: "Symmetric encryption with the caller's key.",
  },
  {
    code: 0x193,
    name: 'TPM2_EncryptDecrypt2',
    allowedTo: 'everyone',
    reason: "Symmetric encryption with the caller's key.",
  },
  { code: 0x17d, name: 'TPM2_Hash', allowedTo: 'everyone', reason: 'Hashes data that the caller gives.' },
  { code: 0x155, name: 'TPM2_HMAC', allowedTo: 'everyone', reason: "Authenticates data with the caller's key." },
  { code: 0x15b, name: 'TPM2_HMAC_Start', allowedTo: 'everyone', reason: "Authenticates data with the caller's key." },
  {
    code: 0x186,
    name: 'TPM2_HashSequenceStart',
    allowedTo: 'everyone',
    reason: 'Hashes data that the caller gives.',
  },
  {
    code: 0x15c,
    name: 'TPM2_SequenceUpdate',
    allowedTo: 'everyone',
    reason: "Goes on with the caller's own sequence.",
  },
  { code: 0x13e, name: 'TPM2_SequenceComplete', allowedTo: 'everyone', reason: "Ends the caller's own sequence." },
  {
    code: 0x15e,
    name: 'TPM2_Unseal',
    allowedTo: 'everyone',
    reason: "Opens the caller's own sealed data, as its policy allows.",
  },
];

const attestation: readonly Tpm20AllowedEntry[] = [
  {
    code: 0x158,
    name: 'TPM2_Quote',
    allowedTo: 'users',
    reason: "Signs the state of the boot with the caller's key; tells machines apart, hence not for apps.",
  },
  {
    code: 0x148,
    name: 'TPM2_Certify',
    allowedTo: 'users',
    reason: "Proves a key with the caller's key; tells machines apart, hence not for apps.",
  },
  {
    code: 0x14a,
    name: 'TPM2_CertifyCreation',
    allowedTo: 'users',
    reason: "Proves how a key was made with the caller's key; tells machines apart, hence not for apps.",
  },
  {
    code: 0x197,
    name: 'TPM2_CertifyX509',
    allowedTo: 'users',
    reason: "Proves a key with the caller's key; tells machines apart, hence not for apps.",
  },
  {
    code: 0x14c,
    name: 'TPM2_GetTime',
    allowedTo: 'users',
    reason: "Signs the clock with the caller's key; tells machines apart, hence not for apps.",
  },
  {
    code: 0x14d,
    name: 'TPM2_GetSessionAuditDigest',
    allowedTo: 'users',
    reason: "Signs what the caller's own audit session did; tells machines apart, hence not for apps.",
  },
  {
    code: 0x133,
    name: 'TPM2_GetCommandAuditDigest',
    allowedTo: 'administrators',
    reason: "Signs and empties the TPM's one command audit digest, which others rely on.",
  },
  {
    code: 0x140,
    name: 'TPM2_SetCommandCodeAuditStatus',
    allowedTo: 'administrators',
    reason: 'Chooses which commands the TPM audits, for everyone.',
  },
];

const policies: readonly Tpm20AllowedEntry[] = [
  { code: 0x160, name: 'TPM2_PolicySigned', allowedTo: 'everyone', reason: "Builds the caller's own policy session." },
  {
    code: 0x151,
    name: 'TPM2_PolicySecret',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session; a wrong secret is counted by the lockout.",
  },
  { code: 0x172, name: 'TPM2_PolicyTicket', allowedTo: 'everyone', reason: "Builds the caller's own policy session." },
  { code: 0x171, name: 'TPM2_PolicyOR', allowedTo: 'everyone', reason: "Builds the caller's own policy session." },
  { code: 0x17f, name: 'TPM2_PolicyPCR', allowedTo: 'everyone', reason: "Builds the caller's own policy session." },
  {
    code: 0x16f,
    name: 'TPM2_PolicyLocality',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    code: 0x149,
    name: 'TPM2_PolicyNV',
    allowedTo: 'users',
    reason: "Builds the caller's own policy session by reading an NV index; apps have no NV.",
  },
  {
    code: 0x16d,
    name: 'TPM2_PolicyCounterTimer',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    code: 0x16c,
    name: 'TPM2_PolicyCommandCode',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    code: 0x187,
    name: 'TPM2_PolicyPhysicalPresence',
    allowedTo: 'users',
    reason: "Builds the caller's own policy session; asserts nothing itself, and apps have no use for it.",
  },
  { code: 0x16e, name: 'TPM2_PolicyCpHash', allowedTo: 'everyone', reason: "Builds the caller's own policy session." },
  {
    code: 0x170,
    name: 'TPM2_PolicyNameHash',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    code: 0x188,
    name: 'TPM2_PolicyDuplicationSelect',
    allowedTo: 'users',
    reason: "Builds the caller's own policy session for moving keys, which apps do not do.",
  },
  {
    code: 0x16a,
    name: 'TPM2_PolicyAuthorize',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    code: 0x16b,
    name: 'TPM2_PolicyAuthValue',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    code: 0x18c,
    name: 'TPM2_PolicyPassword',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    code: 0x189,
    name: 'TPM2_PolicyGetDigest',
    allowedTo: 'everyone',
    reason: "Reads the caller's own policy session.",
  },
  {
    code: 0x18f,
    name: 'TPM2_PolicyNvWritten',
    allowedTo: 'users',
    reason: "Builds the caller's own policy session for NV, which apps do not have.",
  },
  {
    code: 0x190,
    name: 'TPM2_PolicyTemplate',
    allowedTo: 'users',
    reason: "Builds the caller's own policy session for making primary keys, which apps do not do.",
  },
  {
    code: 0x192,
    name: 'TPM2_PolicyAuthorizeNV',
    allowedTo: 'users',
    reason: "Builds the caller's own policy session by reading an NV index; apps have no NV.",
  },
  {
    code: 0x196,
    name: 'TPM2_Policy_AC_SendSelect',
    allowedTo: 'administrators',
    reason: 'Serves only TPM2_AC_Send, which administrators may send.',
  },
  {
    code: 0x19b,
    name: 'TPM2_PolicyCapability',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    code: 0x19c,
    name: 'TPM2_PolicyParameters',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    code: 0x1a1,
    name: 'TPM2_PolicyTransportSPDM',
    allowedTo: 'users',
    reason: "Builds the caller's own policy session; a bus-level channel is no business of apps.",
  },
];

const pcrs: readonly Tpm20AllowedEntry[] = [
  { code: 0x17e, name: 'TPM2_PCR_Read', allowedTo: 'everyone', reason: 'Reads the state that policies depend on.' },
  {
    code: 0x182,
    name: 'TPM2_PCR_Extend',
    allowedTo: 'users',
    condition: 'applicationPcrOnly',
    reason:
      'Standard users may extend PCR 16 (debug) and 23 (applications) only: extending a PCR of the boot would break sealed keys and attestation of everyone until the next boot.',
  },
  {
    code: 0x13c,
    name: 'TPM2_PCR_Event',
    allowedTo: 'users',
    condition: 'applicationPcrOnly',
    reason: 'Extends a PCR as TPM2_PCR_Extend does, hence the same limit to PCR 16 and 23.',
  },
  {
    code: 0x185,
    name: 'TPM2_EventSequenceComplete',
    allowedTo: 'users',
    condition: 'applicationPcrOnly',
    reason: 'Ends a sequence and extends a PCR with it, hence the same limit to PCR 16 and 23 (or TPM_RH_NULL).',
  },
  {
    code: 0x13d,
    name: 'TPM2_PCR_Reset',
    allowedTo: 'users',
    condition: 'applicationPcrOnly',
    reason: 'Standard users may reset PCR 16 and 23 only; apps need none.',
  },
  {
    code: 0x12b,
    name: 'TPM2_PCR_Allocate',
    allowedTo: 'administrators',
    reason: 'Chooses the PCR banks of the next boot, for everyone.',
  },
  {
    code: 0x12c,
    name: 'TPM2_PCR_SetAuthPolicy',
    allowedTo: 'administrators',
    reason: 'Changes who may extend PCRs, for everyone.',
  },
  {
    code: 0x183,
    name: 'TPM2_PCR_SetAuthValue',
    allowedTo: 'administrators',
    reason: 'Changes who may extend PCRs, for everyone.',
  },
];

const nonVolatile: readonly Tpm20AllowedEntry[] = [
  {
    code: 0x169,
    name: 'TPM2_NV_ReadPublic',
    allowedTo: 'users',
    reason: 'Reads what an index is; withheld from apps, which have no NV.',
  },
  {
    code: 0x19e,
    name: 'TPM2_NV_ReadPublic2',
    allowedTo: 'users',
    reason: 'Reads what an index is; withheld from apps, which have no NV.',
  },
  {
    code: 0x14e,
    name: 'TPM2_NV_Read',
    allowedTo: 'users',
    reason:
      "The index's own authorization decides; withheld from apps, since the endorsement certificates in NV tell machines apart.",
  },
  {
    code: 0x184,
    name: 'TPM2_NV_Certify',
    allowedTo: 'users',
    reason: "The index's own authorization decides; attestation is not for apps.",
  },
  {
    code: 0x137,
    name: 'TPM2_NV_Write',
    allowedTo: 'users',
    condition: 'notAsOwner',
    reason:
      "The index's own authorization decides. Not with the owner's, which is often empty and would let users change each other's data.",
  },
  {
    code: 0x134,
    name: 'TPM2_NV_Increment',
    allowedTo: 'users',
    condition: 'notAsOwner',
    reason: "The index's own authorization decides; not with the owner's, as for TPM2_NV_Write.",
  },
  {
    code: 0x135,
    name: 'TPM2_NV_SetBits',
    allowedTo: 'users',
    condition: 'notAsOwner',
    reason: "The index's own authorization decides; not with the owner's, as for TPM2_NV_Write.",
  },
  {
    code: 0x136,
    name: 'TPM2_NV_Extend',
    allowedTo: 'users',
    condition: 'notAsOwner',
    reason: "The index's own authorization decides; not with the owner's, as for TPM2_NV_Write.",
  },
  {
    code: 0x138,
    name: 'TPM2_NV_WriteLock',
    allowedTo: 'users',
    condition: 'notAsOwner',
    reason: "The index's own authorization decides; not with the owner's, which would lock out others.",
  },
  {
    code: 0x14f,
    name: 'TPM2_NV_ReadLock',
    allowedTo: 'users',
    condition: 'notAsOwner',
    reason: "The index's own authorization decides; not with the owner's, which would lock out others.",
  },
  {
    code: 0x13b,
    name: 'TPM2_NV_ChangeAuth',
    allowedTo: 'users',
    reason: "The index's own policy decides; withheld from apps, which have no NV.",
  },
  {
    code: 0x12a,
    name: 'TPM2_NV_DefineSpace',
    allowedTo: 'administrators',
    reason: "Takes the TPM's small permanent memory, which all users share, with the owner's authorization.",
  },
  {
    code: 0x19d,
    name: 'TPM2_NV_DefineSpace2',
    allowedTo: 'administrators',
    reason: "Takes the TPM's small permanent memory, which all users share, with the owner's authorization.",
  },
  {
    code: 0x122,
    name: 'TPM2_NV_UndefineSpace',
    allowedTo: 'administrators',
    reason: "Deletes any user's index with the owner's authorization, which is often empty.",
  },
  {
    code: 0x11f,
    name: 'TPM2_NV_UndefineSpaceSpecial',
    allowedTo: 'administrators',
    reason: "Deletes an index of the platform's.",
  },
  {
    code: 0x132,
    name: 'TPM2_NV_GlobalWriteLock',
    allowedTo: 'administrators',
    reason: 'Locks every index that takes part, of all users, until the next boot.',
  },
];

const administration: readonly Tpm20AllowedEntry[] = [
  {
    code: 0x126,
    name: 'TPM2_Clear',
    allowedTo: 'administrators',
    reason: "Destroys every user's keys; administrators need it to give a machine away.",
  },
  {
    code: 0x127,
    name: 'TPM2_ClearControl',
    allowedTo: 'administrators',
    reason: 'Allows or forbids TPM2_Clear, for everyone.',
  },
  {
    code: 0x121,
    name: 'TPM2_HierarchyControl',
    allowedTo: 'administrators',
    reason: 'Switches a whole hierarchy off, with all keys in it.',
  },
  {
    code: 0x129,
    name: 'TPM2_HierarchyChangeAuth',
    allowedTo: 'administrators',
    reason: 'Changes the owner, endorsement or lockout authorization and so shuts others out.',
  },
  {
    code: 0x12e,
    name: 'TPM2_SetPrimaryPolicy',
    allowedTo: 'administrators',
    reason: "Changes a hierarchy's policy and so who may administer it; provisioning needs it.",
  },
  {
    code: 0x139,
    name: 'TPM2_DictionaryAttackLockReset',
    allowedTo: 'administrators',
    reason: 'Forgives failed tries; a guesser must not be able to.',
  },
  {
    code: 0x13a,
    name: 'TPM2_DictionaryAttackParameters',
    allowedTo: 'administrators',
    reason: "Sets the TPM's own protection against guessing, for everyone.",
  },
  {
    code: 0x181,
    name: 'TPM2_ReadClock',
    allowedTo: 'everyone',
    reason: 'Reads the clock that policies depend on.',
  },
  {
    code: 0x128,
    name: 'TPM2_ClockSet',
    allowedTo: 'administrators',
    reason: 'Moves the clock forward for good, which can end what others may still use.',
  },
  {
    code: 0x130,
    name: 'TPM2_ClockRateAdjust',
    allowedTo: 'administrators',
    reason: "Changes the rate of everyone's clock.",
  },
  {
    code: 0x198,
    name: 'TPM2_ACT_SetTimeout',
    allowedTo: 'administrators',
    reason: 'Sets a countdown that can reset the machine.',
  },
  {
    code: 0x194,
    name: 'TPM2_AC_GetCapability',
    allowedTo: 'administrators',
    reason: 'Serves only TPM2_AC_Send, which administrators may send.',
  },
  {
    code: 0x195,
    name: 'TPM2_AC_Send',
    allowedTo: 'administrators',
    reason: 'Hands a key to a component that is attached to the TPM.',
  },
];

const platform: readonly Tpm20AllowedEntry[] = [
  {
    code: 0x124,
    name: 'TPM2_ChangeEPS',
    allowedTo: 'nobody',
    reason: "Replaces the endorsement seed: the manufacturer's certificates are void for good.",
  },
  {
    code: 0x125,
    name: 'TPM2_ChangePPS',
    allowedTo: 'nobody',
    reason: "Replaces the platform seed and destroys the firmware's keys for good.",
  },
  {
    code: 0x12d,
    name: 'TPM2_PP_Commands',
    allowedTo: 'nobody',
    reason: 'Chooses which commands need physical presence, which is for the firmware to say.',
  },
  {
    code: 0x13f,
    name: 'TPM2_SetAlgorithmSet',
    allowedTo: 'nobody',
    reason: 'Changes the algorithms that the TPM offers, which is for the firmware to say.',
  },
  {
    code: 0x12f,
    name: 'TPM2_FieldUpgradeStart',
    allowedTo: 'nobody',
    reason: "Replaces the TPM's firmware, which the vendor's tool does with the machine's own update.",
  },
  {
    code: 0x141,
    name: 'TPM2_FieldUpgradeData',
    allowedTo: 'nobody',
    reason: "Replaces the TPM's firmware, which the vendor's tool does with the machine's own update.",
  },
  {
    code: 0x179,
    name: 'TPM2_FirmwareRead',
    allowedTo: 'nobody',
    reason: "Reads the TPM's firmware out, as part of field upgrade.",
  },
  {
    code: 0x1a0,
    name: 'TPM2_ReadOnlyControl',
    allowedTo: 'nobody',
    reason: 'Freezes the state of the whole TPM, which is for the firmware to say.',
  },
  {
    code: 0x20000000,
    name: 'TPM2_Vendor_TCG_Test',
    allowedTo: 'nobody',
    reason: 'A command for testing TPMs in the making.',
  },
];

export const TPM20_ALLOWED: readonly Tpm20AllowedEntry[] = [
  ...startAndTest,
  ...sessionsAndContexts,
  ...objects,
  ...cryptography,
  ...attestation,
  ...policies,
  ...pcrs,
  ...nonVolatile,
  ...administration,
  ...platform,
].sort((left, right) => left.code - right.code);
