/** Entity, resource and capability types and reserved key handles of TPM 1.2. TPM Main Part 2, 4.1 to 4.4 and 21. */

/** TPM_ET_*: the low byte of an entity type; the high byte is the encryption scheme for new authorization values. */
export const TPM_ET_KEYHANDLE = 0x01;
export const TPM_ET_OWNER = 0x02;
export const TPM_ET_SRK = 0x04;
export const TPM_ET_DEL_OWNER_BLOB = 0x07;
export const TPM_ET_DEL_ROW = 0x08;
export const TPM_ET_DEL_KEY_BLOB = 0x09;
export const TPM_ET_COUNTER = 0x0a;
export const TPM_ET_NV = 0x0b;

/** TPM_RT_*. */
export const TPM_RT_KEY = 1;
export const TPM_RT_AUTH = 2;
export const TPM_RT_TRANS = 4;
export const TPM_RT_CONTEXT = 5;
export const TPM_RT_DAA_TPM = 8;

/** Key handles with this first byte are reserved: TPM_KH_SRK, TPM_KH_OWNER, TPM_KH_TRANSPORT, TPM_KH_EK and others. */
const RESERVED_HANDLE_MASK = 0xff000000;
export const TPM_KH_SRK = 0x40000000;
export const TPM_KH_OWNER = 0x40000001;
export const TPM_KH_TRANSPORT = 0x40000003;
export const TPM_KH_EK = 0x40000006;

/** Whether a key handle means the same to everybody and needs no loading. */
export function isReservedKeyHandle(handle: number): boolean {
  return (handle & RESERVED_HANDLE_MASK) >>> 0 === TPM_KH_SRK;
}

/** TPM_CAP_* areas. */
export const TPM_CAP_PROPERTY = 0x05;
export const TPM_CAP_KEY_HANDLE = 0x07;
export const TPM_CAP_CHECK_LOADED = 0x08;
export const TPM_CAP_HANDLE = 0x14;

/** TPM_CAP_PROP_*: how many more of each fit into the TPM now, how many it can hold, and whether it has an owner. */
export const TPM_CAP_PROP_KEYS = 0x104;
export const TPM_CAP_PROP_AUTHSESS = 0x10a;
export const TPM_CAP_PROP_TRANSESS = 0x10b;
export const TPM_CAP_PROP_MAX_AUTHSESS = 0x10d;
export const TPM_CAP_PROP_MAX_TRANSESS = 0x10e;
export const TPM_CAP_PROP_MAX_KEYS = 0x110;
export const TPM_CAP_PROP_OWNER = 0x111;
export const TPM_CAP_PROP_CONTEXT = 0x112;
export const TPM_CAP_PROP_MAX_CONTEXT = 0x113;
export const TPM_CAP_PROP_SESSIONS = 0x11d;
export const TPM_CAP_PROP_MAX_SESSIONS = 0x11e;

/** TPM_TRANSPORT_ENCRYPT of TPM_TRANSPORT_ATTRIBUTES. */
export const TPM_TRANSPORT_ENCRYPT = 0x00000001;

/** TPM_KEY_CONTROL_OWNER_EVICT: the key stays in the TPM until the owner lets it go. */
export const TPM_KEY_CONTROL_OWNER_EVICT = 0x00000001;
/** TPM_TRANSPORT_EXCLUSIVE: any command outside of the session ends it. */
export const TPM_TRANSPORT_EXCLUSIVE = 0x00000004;
