/**
 * The numbers of TPM 1.2, one table per family: each number of the TPM Main specification appears here once, with its
 * name.
 *
 * TPM Main Part 2: 4 (types), 6 (tags), 16 (return codes), 17 (ordinals), 21 (capabilities).
 */

/** Tags of commands and responses (TPM_TAG_RQU_*, TPM_TAG_RSP_*) and of structures. */
export const TPM_TAG = {
  CONTEXTBLOB: 0x0001,
  DELEGATIONS: 0x001a,
  DELEGATE_PUBLIC: 0x001b,
  DA_INFO: 0x0037,
  RQU_COMMAND: 0x00c1,
  RQU_AUTH1_COMMAND: 0x00c2,
  RQU_AUTH2_COMMAND: 0x00c3,
  RSP_COMMAND: 0x00c4,
  RSP_AUTH1_COMMAND: 0x00c5,
  RSP_AUTH2_COMMAND: 0x00c6,
} as const;

/** Ordinals, under the names that Windows gives them. */
export const TPM_ORD = {
  OIAP: 10,
  OSAP: 11,
  ChangeAuth: 12,
  TakeOwnership: 13,
  ChangeAuthAsymStart: 14,
  ChangeAuthAsymFinish: 15,
  ChangeAuthOwner: 16,
  DSAP: 17,
  CMK_CreateTicket: 18,
  CMK_CreateKey: 19,
  Extend: 20,
  PcrRead: 21,
  Quote: 22,
  Seal: 23,
  Unseal: 24,
  DirWriteAuth: 25,
  DirRead: 26,
  CMK_CreateBlob: 27,
  CMK_SetRestrictions: 28,
  CMK_ApproveMA: 29,
  UnBind: 30,
  CreateWrapKey: 31,
  LoadKey: 32,
  GetPubKey: 33,
  EvictKey: 34,
  KeyControlOwner: 35,
  CMK_ConvertMigration: 36,
  MigrateKey: 37,
  CreateMigrationBlob: 40,
  DAA_JOIN: 41,
  ConvertMigrationBlob: 42,
  AuthorizeMigrationKey: 43,
  CreateMaintenanceArchive: 44,
  LoadMaintenanceArchive: 45,
  KillMaintenanceFeature: 46,
  LoadManuMaintPub: 47,
  ReadManuMaintPub: 48,
  DAA_SIGN: 49,
  CertifyKey: 50,
  CertifyKey2: 51,
  Sign: 60,
  Sealx: 61,
  Quote2: 62,
  SetCapability: 63,
  ResetLockValue: 64,
  LoadKey2: 65,
  GetRandom: 70,
  StirRandom: 71,
  SelfTestFull: 80,
  CertifySelfTest: 82,
  ContinueSelfTest: 83,
  GetTestResult: 84,
  Reset: 90,
  OwnerClear: 91,
  DisableOwnerClear: 92,
  ForceClear: 93,
  DisableForceClear: 94,
  GetCapabilitySigned: 100,
  GetCapability: 101,
  GetCapabilityOwner: 102,
  OwnerSetDisable: 110,
  PhysicalEnable: 111,
  PhysicalDisable: 112,
  SetOwnerInstall: 113,
  PhysicalSetDeactivated: 114,
  SetTempDeactivated: 115,
  SetOperatorAuth: 116,
  SetOwnerPointer: 117,
  CreateEndorsementKeyPair: 120,
  MakeIdentity: 121,
  ActivateIdentity: 122,
  ReadPubek: 124,
  OwnerReadPubek: 125,
  DisablePubekRead: 126,
  CreateRevocableEK: 127,
  RevokeTrust: 128,
  OwnerReadInternalPub: 129,
  GetAuditEvent: 130,
  GetAuditEventSigned: 131,
  GetAuditDigest: 133,
  GetAuditDigestSigned: 134,
  GetOrdinalAuditStatus: 140,
  SetOrdinalAuditStatus: 141,
  Terminate_Handle: 150,
  Init: 151,
  SaveState: 152,
  Startup: 153,
  SetRedirection: 154,
  SHA1Start: 160,
  SHA1Update: 161,
  SHA1Complete: 162,
  SHA1CompleteExtend: 163,
  FieldUpgrade: 170,
  SaveKeyContext: 180,
  LoadKeyContext: 181,
  SaveAuthContext: 182,
  LoadAuthContext: 183,
  SaveContext: 184,
  LoadContext: 185,
  FlushSpecific: 186,
  PCR_Reset: 200,
  NV_DefineSpace: 204,
  NV_WriteValue: 205,
  NV_WriteValueAuth: 206,
  NV_ReadValue: 207,
  NV_ReadValueAuth: 208,
  Delegate_UpdateVerification: 209,
  Delegate_Manage: 210,
  Delegate_CreateKeyDelegation: 212,
  Delegate_CreateOwnerDelegation: 213,
  Delegate_VerifyDelegation: 214,
  Delegate_LoadOwnerDelegation: 216,
  Delegate_ReadTable: 219,
  CreateCounter: 220,
  IncrementCounter: 221,
  ReadCounter: 222,
  ReleaseCounter: 223,
  ReleaseCounterOwner: 224,
  EstablishTransport: 230,
  ExecuteTransport: 231,
  ReleaseTransportSigned: 232,
  GetTick: 241,
  TickStampBlob: 242,
} as const;

/** The name of an ordinal without its prefix: `GetRandom`. */
export type OrdinalName = keyof typeof TPM_ORD;

/** Ordinals of the PC Client specification: connection commands, for the firmware. */
export const TSC_ORD = {
  PhysicalPresence: 0x4000000a,
  ResetEstablishmentBit: 0x4000000b,
} as const;

export type ConnectionOrdinalName = keyof typeof TSC_ORD;

/**
 * Return codes (TPM_RESULT). E_COMMAND_BLOCKED to E_EMBEDDED_COMMAND_UNSUPPORTED are those that Windows' TBS adds in
 * the vendor's range.
 */
export const TPM_RESULT = {
  SUCCESS: 0x00,
  AUTHFAIL: 0x01,
  BADINDEX: 0x02,
  BAD_PARAMETER: 0x03,
  AUDITFAILURE: 0x04,
  CLEAR_DISABLED: 0x05,
  DEACTIVATED: 0x06,
  DISABLED: 0x07,
  DISABLED_CMD: 0x08,
  FAIL: 0x09,
  BAD_ORDINAL: 0x0a,
  INSTALL_DISABLED: 0x0b,
  INVALID_KEYHANDLE: 0x0c,
  KEYNOTFOUND: 0x0d,
  INAPPROPRIATE_ENC: 0x0e,
  MIGRATEFAIL: 0x0f,
  INVALID_PCR_INFO: 0x10,
  NOSPACE: 0x11,
  NOSRK: 0x12,
  NOTSEALED_BLOB: 0x13,
  OWNER_SET: 0x14,
  RESOURCES: 0x15,
  SHORTRANDOM: 0x16,
  SIZE: 0x17,
  WRONGPCRVAL: 0x18,
  BAD_PARAM_SIZE: 0x19,
  SHA_THREAD: 0x1a,
  SHA_ERROR: 0x1b,
  FAILEDSELFTEST: 0x1c,
  AUTH2FAIL: 0x1d,
  BADTAG: 0x1e,
  IOERROR: 0x1f,
  ENCRYPT_ERROR: 0x20,
  DECRYPT_ERROR: 0x21,
  INVALID_AUTHHANDLE: 0x22,
  NO_ENDORSEMENT: 0x23,
  INVALID_KEYUSAGE: 0x24,
  WRONG_ENTITYTYPE: 0x25,
  INVALID_POSTINIT: 0x26,
  INAPPROPRIATE_SIG: 0x27,
  BAD_KEY_PROPERTY: 0x28,
  BAD_MIGRATION: 0x29,
  BAD_SCHEME: 0x2a,
  BAD_DATASIZE: 0x2b,
  BAD_MODE: 0x2c,
  BAD_PRESENCE: 0x2d,
  BAD_VERSION: 0x2e,
  NO_WRAP_TRANSPORT: 0x2f,
  AUDITFAIL_UNSUCCESSFUL: 0x30,
  AUDITFAIL_SUCCESSFUL: 0x31,
  NOTRESETABLE: 0x32,
  NOTLOCAL: 0x33,
  BAD_TYPE: 0x34,
  INVALID_RESOURCE: 0x35,
  NOTFIPS: 0x36,
  INVALID_FAMILY: 0x37,
  NO_NV_PERMISSION: 0x38,
  REQUIRES_SIGN: 0x39,
  KEY_NOTSUPPORTED: 0x3a,
  AUTH_CONFLICT: 0x3b,
  AREA_LOCKED: 0x3c,
  BAD_LOCALITY: 0x3d,
  READ_ONLY: 0x3e,
  PER_NOWRITE: 0x3f,
  FAMILYCOUNT: 0x40,
  WRITE_LOCKED: 0x41,
  BAD_ATTRIBUTES: 0x42,
  INVALID_STRUCTURE: 0x43,
  KEY_OWNER_CONTROL: 0x44,
  BAD_COUNTER: 0x45,
  NOT_FULLWRITE: 0x46,
  CONTEXT_GAP: 0x47,
  MAXNVWRITES: 0x48,
  NOOPERATOR: 0x49,
  RESOURCEMISSING: 0x4a,
  DELEGATE_LOCK: 0x4b,
  DELEGATE_FAMILY: 0x4c,
  DELEGATE_ADMIN: 0x4d,
  TRANSPORT_NOTEXCLUSIVE: 0x4e,
  OWNER_CONTROL: 0x4f,
  DAA_RESOURCES: 0x50,
  DAA_INPUT_DATA0: 0x51,
  DAA_INPUT_DATA1: 0x52,
  DAA_ISSUER_SETTINGS: 0x53,
  DAA_TPM_SETTINGS: 0x54,
  DAA_STAGE: 0x55,
  DAA_ISSUER_VALIDITY: 0x56,
  DAA_WRONG_W: 0x57,
  BAD_HANDLE: 0x58,
  BAD_DELEGATE: 0x59,
  BADCONTEXT: 0x5a,
  TOOMANYCONTEXTS: 0x5b,
  MA_TICKET_SIGNATURE: 0x5c,
  MA_DESTINATION: 0x5d,
  MA_SOURCE: 0x5e,
  MA_AUTHORITY: 0x5f,
  PERMANENTEK: 0x61,
  BAD_SIGNATURE: 0x62,
  NOCONTEXTSPACE: 0x63,
  E_COMMAND_BLOCKED: 0x400,
  E_INVALID_HANDLE: 0x401,
  E_DUPLICATE_VHANDLE: 0x402,
  E_EMBEDDED_COMMAND_BLOCKED: 0x403,
  E_EMBEDDED_COMMAND_UNSUPPORTED: 0x404,
  RETRY: 0x800,
  NEEDS_SELFTEST: 0x801,
  DOING_SELFTEST: 0x802,
  DEFEND_LOCK_RUNNING: 0x803,
} as const;

export type ResultName = keyof typeof TPM_RESULT;

/** Return codes from here on are the vendor's, or the broker's. */
export const TPM_VENDOR_ERROR = 0x400;
/** Return codes from here on are not fatal: the command may be sent again. */
export const TPM_NON_FATAL = 0x800;

/** Entity types: the low byte; the high byte is the encryption scheme for new authorization values. */
export const TPM_ET = {
  KEYHANDLE: 0x01,
  OWNER: 0x02,
  SRK: 0x04,
  DEL_OWNER_BLOB: 0x07,
  DEL_ROW: 0x08,
  DEL_KEY_BLOB: 0x09,
  COUNTER: 0x0a,
  NV: 0x0b,
} as const;

/** Resource types. */
export const TPM_RT = {
  KEY: 1,
  AUTH: 2,
  TRANS: 4,
  CONTEXT: 5,
  DAA_TPM: 8,
} as const;

/** Reserved key handles: they mean the same to everybody and need no loading. */
export const TPM_KH = {
  SRK: 0x40000000,
  OWNER: 0x40000001,
  TRANSPORT: 0x40000003,
  EK: 0x40000006,
} as const;

const RESERVED_HANDLE_MASK = 0xff000000;

/** Returns whether a key handle means the same to everybody and needs no loading. */
export function isReservedKeyHandle(handle: number): boolean {
  return (handle & RESERVED_HANDLE_MASK) >>> 0 === TPM_KH.SRK;
}

/** Capability areas of TPM_GetCapability. */
export const TPM_CAP = {
  ORD: 0x01,
  FLAG: 0x04,
  PROPERTY: 0x05,
  VERSION: 0x06,
  KEY_HANDLE: 0x07,
  CHECK_LOADED: 0x08,
  HANDLE: 0x14,
  DA_LOGIC: 0x19,
  VERSION_VAL: 0x1a,
} as const;

/** Subcapabilities of TPM_CAP_FLAG. */
export const TPM_CAP_FLAG = {
  PERMANENT: 0x108,
  VOLATILE: 0x109,
} as const;

/**
 * Subcapabilities of TPM_CAP_PROPERTY: how many more of each resource fit into the TPM now (KEYS, AUTHSESS …), how many
 * it can hold (MAX_*), whether it has an owner, and the longest command that it takes.
 */
export const TPM_CAP_PROP = {
  KEYS: 0x104,
  AUTHSESS: 0x10a,
  TRANSESS: 0x10b,
  MAX_AUTHSESS: 0x10d,
  MAX_TRANSESS: 0x10e,
  MAX_KEYS: 0x110,
  OWNER: 0x111,
  CONTEXT: 0x112,
  MAX_CONTEXT: 0x113,
  SESSIONS: 0x11d,
  MAX_SESSIONS: 0x11e,
  INPUT_BUFFER: 0x124,
} as const;

/** Protocols of TPM_TakeOwnership and TPM_ChangeAuthOwner. */
export const TPM_PID = {
  ADCP: 0x0004,
  OWNER: 0x0005,
} as const;

/** Operations of TPM_Delegate_Manage on a family. */
export const TPM_FAMILY = {
  CREATE: 0x00000001,
  ENABLE: 0x00000002,
  INVALIDATE: 0x00000004,
} as const;

/** The kind of delegation: of owner commands. */
export const TPM_DEL_OWNER_BITS = 0x00000001;

/** TPM_DA_STATE: the TPM's dictionary-attack logic is locking callers out. */
export const TPM_DA_STATE_ACTIVE = 0x01;
/** TPM_DA_ACTION_TYPE: the lockout ends by itself. */
export const TPM_DA_ACTION_TIMEOUT = 0x00000001;

/** TPM_DELEGATE_*: the owner commands that are worth delegating (Part 2, 20.2.1). */
export const OWNER_PERMISSIONS = {
  setOrdinalAuditStatus: 1 << 30,
  nvWriteValue: 1 << 27,
  nvReadValue: 1 << 25,
  ownerReadInternalPub: 1 << 18,
  resetLockValue: 1 << 17,
  ownerClear: 1 << 16,
  nvDefineSpace: 1 << 14,
  ownerSetDisable: 1 << 13,
  makeIdentity: 1 << 11,
  activateIdentity: 1 << 10,
  ownerReadPubek: 1 << 9,
  createCounter: 1 << 4,
  releaseCounterOwner: 1 << 3,
} as const;

/** TPM_LOCALITY_SELECTION: localities 0 to 4. */
export const TPM_LOC_ALL = 0x1f;

/** Key usages. */
export const TPM_KEY_USAGE = {
  SIGNING: 0x0010,
  STORAGE: 0x0011,
  BIND: 0x0014,
} as const;

export const TPM_ALG_RSA = 0x00000001;

/** Encryption schemes of keys. */
export const TPM_ES = {
  NONE: 0x0001,
  RSAESOAEP_SHA1_MGF1: 0x0003,
} as const;

/** Signature schemes of keys. */
export const TPM_SS = {
  NONE: 0x0001,
  RSASSAPKCS1v15_SHA1: 0x0002,
} as const;

/** The NV index of the endorsement key's certificate (TPM_NV_INDEX_EKCert), with bit D: the manufacturer defines it. */
export const TPM_NV_INDEX_EK_CERTIFICATE = 0x1000f000;

/** Tags of TCG_PCCLIENT_STORED_CERT and of the certificate in it; its kinds of certificate. PC Client BIOS, 7.4.5. */
export const TCG_TAG_PCCLIENT = {
  STORED_CERT: 0x1001,
  FULL_CERT: 0x1002,
} as const;
export const TCG_FULL_CERT = 0;

/** Startup types. */
export const TPM_ST = {
  CLEAR: 0x0001,
  STATE: 0x0002,
} as const;

/** TPM_TRANSPORT_ATTRIBUTES. EXCLUSIVE: any command outside of the session ends it. */
export const TPM_TRANSPORT = {
  ENCRYPT: 0x00000001,
  EXCLUSIVE: 0x00000004,
} as const;

/** TPM_KEY_CONTROL_OWNER_EVICT: the key stays in the TPM until the owner releases it. */
export const TPM_KEY_CONTROL_OWNER_EVICT = 0x00000001;
