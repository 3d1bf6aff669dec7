/**
 * Where the handles are in a TPM 1.2 command, by ordinal. A TPM 1.2 has no list of its commands' handle counts (unlike
 * TPM_CAP_COMMANDS of TPM 2.0), so the facts of TPM Main Part 3 are data here.
 *
 * Handles may be rewritten because no HMAC covers them: inParamDigest starts at the first parameter that Part 3 marks
 * "1S", and key handles and authorization handles have no such mark (Part 1, 13 "Authorization Protocols"). The same
 * holds for the handles inside a wrapped command: transport digests and encryption begin after them (Part 1, 18).
 */
import {
  readUint16,
  readUint32,
  TPM_TAG_RQU_AUTH1_COMMAND,
  TPM_TAG_RQU_AUTH2_COMMAND,
} from '../../tpm/command-header.js';
import { TPM_ET_DEL_KEY_BLOB, TPM_ET_KEYHANDLE } from '../../tpm12/codes.js';
import * as ord from '../../tpm12/ordinal-codes.js';

/** Bytes of one authorization at the end of a command: handle, nonceOdd, continueAuthSession, HMAC. */
export const COMMAND_AUTH_BYTES = 4 + 20 + 1 + 20;
/** Bytes of one authorization at the end of a response: nonceEven, continueAuthSession, HMAC. */
export const RESPONSE_AUTH_BYTES = 20 + 1 + 20;
/** Where continueAuthSession stands within a response's authorization. */
export const RESPONSE_CONTINUE_OFFSET = 20;

export type SessionKind = 'authSession' | 'transportSession';
export type CreatedKind = 'key' | SessionKind;

/** A handle in a command: the byte where it stands, and what it names. */
export interface HandlePlace {
  readonly offset: number;
  readonly kind: CreatedKind;
}

/** Ordinals whose first parameter is one key handle. */
const ONE_KEY: ReadonlySet<number> = new Set([
  ord.TPM_ORD_ChangeAuth,
  ord.TPM_ORD_ChangeAuthAsymStart,
  ord.TPM_ORD_CMK_CreateKey,
  ord.TPM_ORD_Quote,
  ord.TPM_ORD_Seal,
  ord.TPM_ORD_Unseal,
  ord.TPM_ORD_CMK_CreateBlob,
  ord.TPM_ORD_UnBind,
  ord.TPM_ORD_CreateWrapKey,
  ord.TPM_ORD_LoadKey,
  ord.TPM_ORD_GetPubKey,
  ord.TPM_ORD_EvictKey,
  ord.TPM_ORD_KeyControlOwner,
  ord.TPM_ORD_CMK_ConvertMigration,
  ord.TPM_ORD_MigrateKey,
  ord.TPM_ORD_CreateMigrationBlob,
  ord.TPM_ORD_ConvertMigrationBlob,
  ord.TPM_ORD_Sign,
  ord.TPM_ORD_Sealx,
  ord.TPM_ORD_Quote2,
  ord.TPM_ORD_LoadKey2,
  ord.TPM_ORD_CertifySelfTest,
  ord.TPM_ORD_GetCapabilitySigned,
  ord.TPM_ORD_ActivateIdentity,
  ord.TPM_ORD_GetAuditEventSigned,
  ord.TPM_ORD_GetAuditDigestSigned,
  ord.TPM_ORD_SetRedirection,
  ord.TPM_ORD_SaveKeyContext,
  ord.TPM_ORD_Delegate_CreateKeyDelegation,
  ord.TPM_ORD_EstablishTransport,
  ord.TPM_ORD_ReleaseTransportSigned,
  ord.TPM_ORD_TickStampBlob,
]);

/** Ordinals whose first two parameters are key handles. */
const TWO_KEYS: ReadonlySet<number> = new Set([
  ord.TPM_ORD_CertifyKey,
  ord.TPM_ORD_CertifyKey2,
  ord.TPM_ORD_ChangeAuthAsymFinish,
]);

/** Ordinals whose first parameter is an authorization session handle. */
const ONE_AUTH_SESSION: ReadonlySet<number> = new Set([ord.TPM_ORD_Terminate_Handle, ord.TPM_ORD_SaveAuthContext]);

/** What a successful response brings into the TPM; its handle is the first output parameter. */
const CREATES: ReadonlyMap<number, CreatedKind> = new Map<number, CreatedKind>([
  [ord.TPM_ORD_OIAP, 'authSession'],
  [ord.TPM_ORD_OSAP, 'authSession'],
  [ord.TPM_ORD_DSAP, 'authSession'],
  [ord.TPM_ORD_LoadKey, 'key'],
  [ord.TPM_ORD_LoadKey2, 'key'],
  [ord.TPM_ORD_LoadKeyContext, 'key'],
  [ord.TPM_ORD_EstablishTransport, 'transportSession'],
]);

/**
 * Ordinals after whose success the TPM may have ended sessions that the command does not name: the delegation commands
 * end every OSAP and DSAP session, a new owner authorization ends the owner's, a released counter or NV index its own.
 */
const ENDS_OTHER_SESSIONS: ReadonlySet<number> = new Set([
  ord.TPM_ORD_Delegate_Manage,
  ord.TPM_ORD_Delegate_CreateOwnerDelegation,
  ord.TPM_ORD_Delegate_LoadOwnerDelegation,
  ord.TPM_ORD_ChangeAuthOwner,
  ord.TPM_ORD_ReleaseCounter,
  ord.TPM_ORD_ReleaseCounterOwner,
  ord.TPM_ORD_NV_DefineSpace,
]);

/** Ordinals after whose success every key, session and saved context is void (TPM Main Part 3, 6.1 and 6.2; 14.3). */
const CLEARS_EVERYTHING: ReadonlySet<number> = new Set([
  ord.TPM_ORD_OwnerClear,
  ord.TPM_ORD_ForceClear,
  ord.TPM_ORD_RevokeTrust,
]);

/**
 * Ordinals whose output handle is part of what the response's HMAC covers, so that the caller must see the TPM's own
 * value. TPM_LoadKey2 exists because of this flaw of TPM_LoadKey (TPM Main Part 3, 10.5).
 */
const OUT_HANDLE_IS_AUTHENTICATED: ReadonlySet<number> = new Set([ord.TPM_ORD_LoadKey]);

export function ordinalOf(command: Uint8Array): number {
  return readUint32(command, 6);
}

export function createdKind(ordinal: number): CreatedKind | undefined {
  return CREATES.get(ordinal);
}

export function endsOtherSessions(ordinal: number): boolean {
  return ENDS_OTHER_SESSIONS.has(ordinal);
}

export function clearsEverything(ordinal: number): boolean {
  return CLEARS_EVERYTHING.has(ordinal);
}

export function outHandleIsAuthenticated(ordinal: number): boolean {
  return OUT_HANDLE_IS_AUTHENTICATED.has(ordinal);
}

/** How many authorizations end a command or response with this tag (0x00C1 to 0x00C3, 0x00C4 to 0x00C6). */
export function authorizationCount(command: Uint8Array): 0 | 1 | 2 {
  const tag = readUint16(command, 0);
  if (tag === TPM_TAG_RQU_AUTH1_COMMAND) return 1;
  return tag === TPM_TAG_RQU_AUTH2_COMMAND ? 2 : 0;
}

/** Every key and session handle of a command; undefined when it is too short to hold them. */
export function handlePlaces(command: Uint8Array): readonly HandlePlace[] | undefined {
  const ordinal = ordinalOf(command);
  const places = parameterPlaces(command, ordinal);
  const authorizations = authorizationCount(command);
  const authStart = command.length - authorizations * COMMAND_AUTH_BYTES;
  const last = places[places.length - 1];
  if (authStart < 10 || (last !== undefined && last.offset + 4 > authStart)) return undefined;
  if (authorizations === 0) return places;
  const all = [...places];
  for (let index = 0; index < authorizations; index++) {
    const isLast = index === authorizations - 1;
    all.push({
      offset: authStart + index * COMMAND_AUTH_BYTES,
      kind: isLast && authorizesWithTransport(ordinal) ? 'transportSession' : 'authSession',
    });
  }
  return all;
}

/** The sessions that authorize a command, in order: the last handles of `handlePlaces`. */
export function authorizesWithTransport(ordinal: number): boolean {
  return ordinal === ord.TPM_ORD_ExecuteTransport || ordinal === ord.TPM_ORD_ReleaseTransportSigned;
}

const NO_PLACES: readonly HandlePlace[] = [];
const KEY_AT_10: readonly HandlePlace[] = [{ offset: 10, kind: 'key' }];
const KEY_AT_12: readonly HandlePlace[] = [{ offset: 12, kind: 'key' }];
const KEYS_AT_10_AND_14: readonly HandlePlace[] = [
  { offset: 10, kind: 'key' },
  { offset: 14, kind: 'key' },
];
const SESSION_AT_10: readonly HandlePlace[] = [{ offset: 10, kind: 'authSession' }];

function parameterPlaces(command: Uint8Array, ordinal: number): readonly HandlePlace[] {
  if (ONE_KEY.has(ordinal)) return KEY_AT_10;
  if (TWO_KEYS.has(ordinal)) return KEYS_AT_10_AND_14;
  if (ONE_AUTH_SESSION.has(ordinal)) return SESSION_AT_10;
  return linkedEntityIsKey(command, ordinal) ? KEY_AT_12 : NO_PLACES;
}

/** TPM_OSAP's entityValue and TPM_DSAP's keyHandle are key handles for some entity types only. */
function linkedEntityIsKey(command: Uint8Array, ordinal: number): boolean {
  if (command.length < 16) return false;
  const entityType = command[11];
  if (ordinal === ord.TPM_ORD_OSAP) return entityType === TPM_ET_KEYHANDLE;
  return ordinal === ord.TPM_ORD_DSAP && entityType === TPM_ET_DEL_KEY_BLOB;
}
