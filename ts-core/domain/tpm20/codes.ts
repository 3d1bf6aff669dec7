/**
 * The numbers of TPM 2.0, one table per family: each number of the TPM 2.0 Library appears here once, with its name.
 *
 * TPM 2.0 Library Part 2: 6.3 (algorithms), 6.5.2 (command codes), 6.6 (response codes), 6.9 (structure tags), 6.10
 * (startup types), 6.12 (capabilities), 6.13 (properties), 7 (handles), 8 (attributes). Revisions 1.16 to 1.84.
 */

/**
 * Command codes. How many handles a command has comes from the TPM itself (TPM_CAP_COMMANDS), so that a revision or a
 * vendor command unknown here is still handled as the TPM understands it.
 */
export const TPM_CC = {
  NV_UndefineSpaceSpecial: 0x11f,
  EvictControl: 0x120,
  HierarchyControl: 0x121,
  NV_UndefineSpace: 0x122,
  ChangeEPS: 0x124,
  ChangePPS: 0x125,
  Clear: 0x126,
  ClearControl: 0x127,
  ClockSet: 0x128,
  HierarchyChangeAuth: 0x129,
  NV_DefineSpace: 0x12a,
  PCR_Allocate: 0x12b,
  PCR_SetAuthPolicy: 0x12c,
  PP_Commands: 0x12d,
  SetPrimaryPolicy: 0x12e,
  FieldUpgradeStart: 0x12f,
  ClockRateAdjust: 0x130,
  CreatePrimary: 0x131,
  NV_GlobalWriteLock: 0x132,
  GetCommandAuditDigest: 0x133,
  NV_Increment: 0x134,
  NV_SetBits: 0x135,
  NV_Extend: 0x136,
  NV_Write: 0x137,
  NV_WriteLock: 0x138,
  DictionaryAttackLockReset: 0x139,
  DictionaryAttackParameters: 0x13a,
  NV_ChangeAuth: 0x13b,
  PCR_Event: 0x13c,
  PCR_Reset: 0x13d,
  SequenceComplete: 0x13e,
  SetAlgorithmSet: 0x13f,
  SetCommandCodeAuditStatus: 0x140,
  FieldUpgradeData: 0x141,
  IncrementalSelfTest: 0x142,
  SelfTest: 0x143,
  Startup: 0x144,
  Shutdown: 0x145,
  StirRandom: 0x146,
  ActivateCredential: 0x147,
  Certify: 0x148,
  PolicyNV: 0x149,
  CertifyCreation: 0x14a,
  Duplicate: 0x14b,
  GetTime: 0x14c,
  GetSessionAuditDigest: 0x14d,
  NV_Read: 0x14e,
  NV_ReadLock: 0x14f,
  ObjectChangeAuth: 0x150,
  PolicySecret: 0x151,
  Rewrap: 0x152,
  Create: 0x153,
  ECDH_ZGen: 0x154,
  HMAC: 0x155,
  Import: 0x156,
  Load: 0x157,
  Quote: 0x158,
  RSA_Decrypt: 0x159,
  HMAC_Start: 0x15b,
  SequenceUpdate: 0x15c,
  Sign: 0x15d,
  Unseal: 0x15e,
  PolicySigned: 0x160,
  ContextLoad: 0x161,
  ContextSave: 0x162,
  ECDH_KeyGen: 0x163,
  EncryptDecrypt: 0x164,
  FlushContext: 0x165,
  LoadExternal: 0x167,
  MakeCredential: 0x168,
  NV_ReadPublic: 0x169,
  PolicyAuthorize: 0x16a,
  PolicyAuthValue: 0x16b,
  PolicyCommandCode: 0x16c,
  PolicyCounterTimer: 0x16d,
  PolicyCpHash: 0x16e,
  PolicyLocality: 0x16f,
  PolicyNameHash: 0x170,
  PolicyOR: 0x171,
  PolicyTicket: 0x172,
  ReadPublic: 0x173,
  RSA_Encrypt: 0x174,
  StartAuthSession: 0x176,
  VerifySignature: 0x177,
  ECC_Parameters: 0x178,
  FirmwareRead: 0x179,
  GetCapability: 0x17a,
  GetRandom: 0x17b,
  GetTestResult: 0x17c,
  Hash: 0x17d,
  PCR_Read: 0x17e,
  PolicyPCR: 0x17f,
  PolicyRestart: 0x180,
  ReadClock: 0x181,
  PCR_Extend: 0x182,
  PCR_SetAuthValue: 0x183,
  NV_Certify: 0x184,
  EventSequenceComplete: 0x185,
  HashSequenceStart: 0x186,
  PolicyPhysicalPresence: 0x187,
  PolicyDuplicationSelect: 0x188,
  PolicyGetDigest: 0x189,
  TestParms: 0x18a,
  Commit: 0x18b,
  PolicyPassword: 0x18c,
  ZGen_2Phase: 0x18d,
  EC_Ephemeral: 0x18e,
  PolicyNvWritten: 0x18f,
  PolicyTemplate: 0x190,
  CreateLoaded: 0x191,
  PolicyAuthorizeNV: 0x192,
  EncryptDecrypt2: 0x193,
  AC_GetCapability: 0x194,
  AC_Send: 0x195,
  Policy_AC_SendSelect: 0x196,
  CertifyX509: 0x197,
  ACT_SetTimeout: 0x198,
  ECC_Encrypt: 0x199,
  ECC_Decrypt: 0x19a,
  PolicyCapability: 0x19b,
  PolicyParameters: 0x19c,
  NV_DefineSpace2: 0x19d,
  NV_ReadPublic2: 0x19e,
  SetCapability: 0x19f,
  ReadOnlyControl: 0x1a0,
  PolicyTransportSPDM: 0x1a1,
  Vendor_TCG_Test: 0x20000000,
} as const;

/** The name of a command without its prefix: `GetRandom`. */
export type CommandName = keyof typeof TPM_CC;

/** The end of the range from which the specification has assigned codes until now. */
export const LAST_ASSIGNED_CODE = 0x1ff;

/** Response codes. From ASYMMETRIC to ECC_POINT (bit 7 set) they carry the number of a handle, session or parameter. */
export const TPM_RC = {
  SUCCESS: 0x000,
  BAD_TAG: 0x01e,
  ASYMMETRIC: 0x081,
  ATTRIBUTES: 0x082,
  HASH: 0x083,
  VALUE: 0x084,
  HIERARCHY: 0x085,
  KEY_SIZE: 0x087,
  MGF: 0x088,
  MODE: 0x089,
  TYPE: 0x08a,
  HANDLE: 0x08b,
  KDF: 0x08c,
  RANGE: 0x08d,
  AUTH_FAIL: 0x08e,
  NONCE: 0x08f,
  PP: 0x090,
  SCHEME: 0x092,
  SIZE: 0x095,
  SYMMETRIC: 0x096,
  TAG: 0x097,
  SELECTOR: 0x098,
  INSUFFICIENT: 0x09a,
  SIGNATURE: 0x09b,
  KEY: 0x09c,
  POLICY_FAIL: 0x09d,
  INTEGRITY: 0x09f,
  TICKET: 0x0a0,
  RESERVED_BITS: 0x0a1,
  BAD_AUTH: 0x0a2,
  EXPIRED: 0x0a3,
  POLICY_CC: 0x0a4,
  BINDING: 0x0a5,
  CURVE: 0x0a6,
  ECC_POINT: 0x0a7,
  INITIALIZE: 0x100,
  FAILURE: 0x101,
  SEQUENCE: 0x103,
  PRIVATE: 0x10b,
  HMAC: 0x119,
  DISABLED: 0x120,
  EXCLUSIVE: 0x121,
  AUTH_TYPE: 0x124,
  AUTH_MISSING: 0x125,
  POLICY: 0x126,
  PCR: 0x127,
  PCR_CHANGED: 0x128,
  UPGRADE: 0x12d,
  TOO_MANY_CONTEXTS: 0x12e,
  AUTH_UNAVAILABLE: 0x12f,
  REBOOT: 0x130,
  UNBALANCED: 0x131,
  COMMAND_SIZE: 0x142,
  COMMAND_CODE: 0x143,
  AUTHSIZE: 0x144,
  AUTH_CONTEXT: 0x145,
  NV_RANGE: 0x146,
  NV_SIZE: 0x147,
  NV_LOCKED: 0x148,
  NV_AUTHORIZATION: 0x149,
  NV_UNINITIALIZED: 0x14a,
  NV_SPACE: 0x14b,
  NV_DEFINED: 0x14c,
  BAD_CONTEXT: 0x150,
  CPHASH: 0x151,
  PARENT: 0x152,
  NEEDS_TEST: 0x153,
  NO_RESULT: 0x154,
  SENSITIVE: 0x155,
  CONTEXT_GAP: 0x901,
  OBJECT_MEMORY: 0x902,
  SESSION_MEMORY: 0x903,
  MEMORY: 0x904,
  SESSION_HANDLES: 0x905,
  OBJECT_HANDLES: 0x906,
  LOCALITY: 0x907,
  YIELDED: 0x908,
  CANCELED: 0x909,
  TESTING: 0x90a,
  REFERENCE_H0: 0x910,
  REFERENCE_H1: 0x911,
  REFERENCE_H2: 0x912,
  REFERENCE_H3: 0x913,
  REFERENCE_H4: 0x914,
  REFERENCE_H5: 0x915,
  REFERENCE_H6: 0x916,
  REFERENCE_S0: 0x918,
  REFERENCE_S1: 0x919,
  REFERENCE_S2: 0x91a,
  REFERENCE_S3: 0x91b,
  REFERENCE_S4: 0x91c,
  REFERENCE_S5: 0x91d,
  REFERENCE_S6: 0x91e,
  NV_RATE: 0x920,
  LOCKOUT: 0x921,
  RETRY: 0x922,
  NV_UNAVAILABLE: 0x923,
} as const;

export type ResponseCodeName = keyof typeof TPM_RC;

/**
 * Bits of a response code (Part 2, 6.6.2 "TPM_RC formats"). SESSION is for codes of format one: without PARAMETER and
 * SESSION they are about a handle. VENDOR and WARNING are for codes of format zero.
 */
export const RC_BIT = {
  PARAMETER: 1 << 6,
  FORMAT_ONE: 1 << 7,
  VENDOR: 1 << 10,
  SESSION: 1 << 11,
  WARNING: 1 << 11,
} as const;

/** Where a code of format one has the number of its parameter, handle or session, counted from 1. */
export const RC_NUMBER = {
  SHIFT: 8,
  PARAMETER_MASK: 0xf,
  HANDLE_OR_SESSION_MASK: 0x7,
} as const;

/** A code of format zero is a warning of the specification if these bits, and no others of the mask, are set. */
export const RC_WARN = 0x900;
export const RC_WARN_MASK = 0xf80;

/** Tags of commands and responses. */
export const TPM_ST = {
  NO_SESSIONS: 0x8001,
  SESSIONS: 0x8002,
} as const;

/** Startup types, for TPM2_Startup and TPM2_Shutdown. */
export const TPM_SU = {
  CLEAR: 0x0000,
  STATE: 0x0001,
} as const;

/** Types of session that TPM2_StartAuthSession starts (Part 2, 6.11). */
export const TPM_SE = {
  HMAC: 0x00,
  POLICY: 0x01,
  TRIAL: 0x03,
} as const;

/** Handle types: the most significant byte of a handle. A saved session is listed as a POLICY_SESSION. */
export const TPM_HT = {
  PCR: 0x00,
  NV_INDEX: 0x01,
  HMAC_SESSION: 0x02,
  POLICY_SESSION: 0x03,
  PERMANENT: 0x40,
  TRANSIENT: 0x80,
  PERSISTENT: 0x81,
} as const;

/**
 * Permanent handles. FW_PLATFORM and SVN_PLATFORM_BASE: the platform hierarchy limited to a firmware or its version.
 */
export const TPM_RH = {
  OWNER: 0x40000001,
  NULL: 0x40000007,
  LOCKOUT: 0x4000000a,
  ENDORSEMENT: 0x4000000b,
  PLATFORM: 0x4000000c,
  FW_PLATFORM: 0x40000142,
  SVN_PLATFORM_BASE: 0x40030000,
} as const;

/** TPM_RS_PW: the session handle of a password authorization. */
export const TPM_RS_PW = 0x40000009;

/** Capabilities of TPM2_GetCapability. */
export const TPM_CAP = {
  ALGS: 0,
  HANDLES: 1,
  COMMANDS: 2,
  PCRS: 5,
  TPM_PROPERTIES: 6,
} as const;

/** Properties: from FIXED on those that only a firmware changes, from VAR on those that change while the TPM works. */
export const TPM_PT = {
  FIXED: 0x100,
  FAMILY_INDICATOR: 0x100,
  REVISION: 0x102,
  MANUFACTURER: 0x105,
  VENDOR_STRING_1: 0x106,
  FIRMWARE_VERSION_1: 0x10b,
  FIRMWARE_VERSION_2: 0x10c,
  HR_TRANSIENT_MIN: 0x10e,
  HR_LOADED_MIN: 0x110,
  ACTIVE_SESSIONS_MAX: 0x111,
  CONTEXT_GAP_MAX: 0x114,
  MAX_COMMAND_SIZE: 0x11e,
  MAX_RESPONSE_SIZE: 0x11f,
  VAR: 0x200,
  PERMANENT: 0x200,
  STARTUP_CLEAR: 0x201,
  HR_LOADED: 0x203,
  HR_LOADED_AVAIL: 0x204,
  HR_ACTIVE: 0x205,
  HR_ACTIVE_AVAIL: 0x206,
  HR_TRANSIENT_AVAIL: 0x207,
  LOCKOUT_COUNTER: 0x20e,
  MAX_AUTH_FAIL: 0x20f,
  LOCKOUT_INTERVAL: 0x210,
  LOCKOUT_RECOVERY: 0x211,
} as const;

/** PT_GROUP: how many properties a group has room for. */
export const TPM_PT_GROUP_SIZE = 0x100;

/** Attributes in TPM_PT_PERMANENT. */
export const TPMA_PERMANENT = {
  OWNER_AUTH_SET: 1 << 0,
  ENDORSEMENT_AUTH_SET: 1 << 1,
  LOCKOUT_AUTH_SET: 1 << 2,
  DISABLE_CLEAR: 1 << 8,
  IN_LOCKOUT: 1 << 9,
} as const;

/** Attributes in TPM_PT_STARTUP_CLEAR. */
export const TPMA_STARTUP_CLEAR = {
  SH_ENABLE: 1 << 1,
  EH_ENABLE: 1 << 2,
} as const;

/** Attributes of an object. */
export const TPMA_OBJECT = {
  FIXED_TPM: 1 << 1,
  FIXED_PARENT: 1 << 4,
  SENSITIVE_DATA_ORIGIN: 1 << 5,
  USER_WITH_AUTH: 1 << 6,
  ADMIN_WITH_POLICY: 1 << 7,
  NO_DA: 1 << 10,
  RESTRICTED: 1 << 16,
  DECRYPT: 1 << 17,
  SIGN: 1 << 18,
} as const;

/** Attributes of a session in a command's authorization area. */
export const TPMA_SESSION = {
  CONTINUE_SESSION: 0x01,
  DECRYPT: 0x20,
  ENCRYPT: 0x40,
} as const;

/** Attributes of a command (TPM_CAP_COMMANDS); COMMAND: its code, which is the index and the vendor's bit. */
export const TPMA_CC = {
  COMMAND: 0x2000ffff,
  FLUSHED: 1 << 24,
  HANDLES_SHIFT: 25,
  HANDLES_MASK: 0x7,
  RETURNS_HANDLE: 1 << 28,
  VENDOR: 1 << 29,
} as const;

/** Algorithms. TCG Algorithm Registry, 6.1. */
export const TPM_ALG = {
  RSA: 0x0001,
  SHA1: 0x0004,
  AES: 0x0006,
  KEYEDHASH: 0x0008,
  SHA256: 0x000b,
  SHA384: 0x000c,
  SHA512: 0x000d,
  NULL: 0x0010,
  SM3_256: 0x0012,
  RSAES: 0x0015,
  ECDSA: 0x0018,
  ECDAA: 0x001a,
  ECC: 0x0023,
  SYMCIPHER: 0x0025,
  SHA3_256: 0x0027,
  SHA3_384: 0x0028,
  SHA3_512: 0x0029,
  CFB: 0x0043,
} as const;

/** Elliptic curves. TCG Algorithm Registry, 6.4. */
export const TPM_ECC_CURVE = {
  NIST_P192: 0x0001,
  NIST_P224: 0x0002,
  NIST_P256: 0x0003,
  NIST_P384: 0x0004,
  NIST_P521: 0x0005,
  BN_P256: 0x0010,
  BN_P638: 0x0011,
  SM2_P256: 0x0020,
} as const;

/** The resource manager's layer over a TPM's response code: tss2_common.h, TSS2_RESMGR_TPM_RC_LAYER. */
export const RESOURCE_MANAGER_LAYER = 0x000c0000;

/** The first handle of a kind, from which TPM2_GetCapability lists them. */
export const TRANSIENT_FIRST = 0x80000000;
export const LOADED_SESSION_FIRST = 0x02000000;
/** Listing from here gives the saved sessions. */
export const ACTIVE_SESSION_FIRST = 0x03000000;

/** TPMS_CONTEXT.savedHandle of a sequence object, whose state changes with every use (Part 2, 14.5). */
export const SAVED_SEQUENCE_OBJECT = 0x80000001;

/** Where the storage root key and the endorsement key are. TCG TPM v2.0 Provisioning Guidance, 7.5.1 and 7.5.2. */
export const SRK_HANDLE = 0x81000001;
export const EK_HANDLE = 0x81010001;

/**
 * The NV indices of the endorsement keys' certificates: in the low range RSA 2048 and ECC P-256, in the high range RSA
 * 2048, ECC P-256, P-384, P-521 and SM2, RSA 3072 and 4096. TCG EK Credential Profile, 2.2.1.4.
 */
export const EK_CERTIFICATE_INDICES: readonly number[] = [
  ...[0x01c00002, 0x01c0000a],
  ...[0x01c00012, 0x01c00014, 0x01c00016, 0x01c00018, 0x01c0001a, 0x01c0001c, 0x01c0001e],
];

/** The policy of an endorsement key: PolicySecret(TPM_RH_ENDORSEMENT), SHA-256. TCG EK Credential Profile, B.3. */
export const EK_POLICY: readonly number[] = [
  ...[0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24],
  ...[0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa],
];

/** The bits of a handle that hold its type (HR_RANGE_MASK), and those that hold its number (HR_HANDLE_MASK). */
export const HR_RANGE_MASK = 0xff000000;
const HR_HANDLE_MASK = 0x00ffffff;

/** Returns the byte of a handle that tells objects, sessions and the rest apart (TPM_HT). */
export function handleType(handle: number): number {
  return handle >>> 24;
}

/**
 * Returns the part of a session handle that identifies the session: the top byte changes when a policy session is
 * saved.
 */
export function handleNumber(handle: number): number {
  return handle & HR_HANDLE_MASK;
}

export function isSessionHandle(handle: number): boolean {
  const type = handleType(handle);
  return type === TPM_HT.HMAC_SESSION || type === TPM_HT.POLICY_SESSION;
}
