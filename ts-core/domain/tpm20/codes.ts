/**
 * The command codes, response codes, handle types and properties that the virtualizer itself deals with.
 *
 * TPM 2.0 Library Part 2: 6.5.2 (command codes), 6.6 (response codes), 6.12 (capabilities), 6.13 (properties), 7 (handles).
 */

export const TPM_CC_HIERARCHY_CONTROL = 0x121;
export const TPM_CC_CHANGE_EPS = 0x124;
export const TPM_CC_CHANGE_PPS = 0x125;
export const TPM_CC_CLEAR = 0x126;
export const TPM_CC_STARTUP = 0x144;
export const TPM_CC_SHUTDOWN = 0x145;
export const TPM_CC_GET_SESSION_AUDIT_DIGEST = 0x14d;
export const TPM_CC_HMAC_START = 0x15b;
export const TPM_CC_CONTEXT_LOAD = 0x161;
export const TPM_CC_CONTEXT_SAVE = 0x162;
export const TPM_CC_FLUSH_CONTEXT = 0x165;
export const TPM_CC_START_AUTH_SESSION = 0x176;
export const TPM_CC_GET_CAPABILITY = 0x17a;
export const TPM_CC_READ_CLOCK = 0x181;
export const TPM_CC_HASH_SEQUENCE_START = 0x186;

export const TPM_RC_SUCCESS = 0x000;
export const TPM_RC_INITIALIZE = 0x100;
export const TPM_RC_COMMAND_CODE = 0x143;
export const TPM_RC_AUTH_CONTEXT = 0x145;
export const TPM_RC_SIZE = 0x095;
export const TPM_RC_INSUFFICIENT = 0x09a;
export const TPM_RC_VALUE = 0x084;
export const TPM_RC_HANDLE = 0x08b;
export const TPM_RC_INTEGRITY = 0x09f;
export const TPM_RC_CONTEXT_GAP = 0x901;
export const TPM_RC_OBJECT_MEMORY = 0x902;
export const TPM_RC_SESSION_MEMORY = 0x903;
export const TPM_RC_MEMORY = 0x904;
export const TPM_RC_SESSION_HANDLES = 0x905;
export const TPM_RC_OBJECT_HANDLES = 0x906;
/** First of seven: the handle at position n of the handle area references nothing loaded. */
export const TPM_RC_REFERENCE_H0 = 0x910;
/** The TPM could not start the command; sent again it may. libtpms answers so when an algorithm is tested on first use. */
export const TPM_RC_RETRY = 0x922;
/** First of seven: the session handle at position n of the authorization area references nothing loaded. */
export const TPM_RC_REFERENCE_S0 = 0x918;

/** Quotas of the broker: the resource manager's layer (tss2_common.h, layer 12) over the TPM's code for no room. */
export const RESMGR_OBJECT_QUOTA = 0x000c0902;
export const RESMGR_SESSION_QUOTA = 0x000c0903;

/** Marks a format-one response code as being about parameter n (1-based), handle n or session n. */
export function aboutParameter(code: number, number: number): number {
  return code | 0x40 | (number << 8);
}
export function aboutHandle(code: number, position: number): number {
  return code | ((position + 1) << 8);
}
export function aboutSession(code: number, position: number): number {
  return code | 0x800 | ((position + 1) << 8);
}

/** Most significant byte of a handle. */
export const TPM_HT_HMAC_SESSION = 0x02;
export const TPM_HT_POLICY_SESSION = 0x03;
export const TPM_HT_TRANSIENT = 0x80;

export const TRANSIENT_FIRST = 0x80000000;
export const LOADED_SESSION_FIRST = 0x02000000;
/** In a listing: the saved sessions. */
export const ACTIVE_SESSION_FIRST = 0x03000000;

/** TPMS_CONTEXT.savedHandle of a sequence object (Part 2, 14.5): its state changes with every use. */
export const SAVED_SEQUENCE_OBJECT = 0x80000001;

export const TPM_RH_OWNER = 0x40000001;
export const TPM_RH_NULL = 0x40000007;
export const TPM_RH_ENDORSEMENT = 0x4000000b;
export const TPM_RH_PLATFORM = 0x4000000c;

export const TPM_CAP_HANDLES = 1;
export const TPM_CAP_COMMANDS = 2;
export const TPM_CAP_TPM_PROPERTIES = 6;

export const TPM_PT_FIXED = 0x100;
export const TPM_PT_HR_TRANSIENT_MIN = 0x10e;
export const TPM_PT_HR_LOADED_MIN = 0x110;
export const TPM_PT_ACTIVE_SESSIONS_MAX = 0x111;
export const TPM_PT_CONTEXT_GAP_MAX = 0x114;
export const TPM_PT_MAX_COMMAND_SIZE = 0x11e;
export const TPM_PT_MAX_RESPONSE_SIZE = 0x11f;
export const TPM_PT_VAR = 0x200;
export const TPM_PT_HR_LOADED = 0x203;
export const TPM_PT_HR_LOADED_AVAIL = 0x204;
export const TPM_PT_HR_ACTIVE = 0x205;
export const TPM_PT_HR_ACTIVE_AVAIL = 0x206;
export const TPM_PT_HR_TRANSIENT_AVAIL = 0x207;

export const TPMA_SESSION_CONTINUE = 0x01;

/** Handle type: the byte that tells objects, sessions and the rest apart. */
export function handleType(handle: number): number {
  return handle >>> 24;
}

/** The part of a session handle that identifies it; the top byte changes when a policy session is saved. */
export function handleNumber(handle: number): number {
  return handle & 0xffffff;
}

export function isSessionHandle(handle: number): boolean {
  const type = handle >>> 24;
  return type === TPM_HT_HMAC_SESSION || type === TPM_HT_POLICY_SESSION;
}

/** The TPM has no room for another object, in one of its three words for it. */
export function isOutOfObjectRoom(code: number): boolean {
  return code === TPM_RC_OBJECT_MEMORY || code === TPM_RC_OBJECT_HANDLES || code === TPM_RC_MEMORY;
}

/** A warning (Part 2, 6.6.2) about the moment, not about what was asked: RETRY, LOCKOUT, MEMORY and their like. */
export function isPassingTrouble(code: number): boolean {
  return (code & 0xf80) === 0x900 && !(code >= TPM_RC_REFERENCE_H0 && code < TPM_RC_REFERENCE_S0 + 7);
}
