/**
 * Where the handles are in a TPM 1.2 command, by ordinal. A TPM 1.2 has no list of its commands' handle counts (unlike
 * TPM_CAP_COMMANDS of TPM 2.0), so the facts of TPM Main Part 3 are data here.
 *
 * Handles may be rewritten because no HMAC covers them: inParamDigest starts at the first parameter that Part 3 marks
 * "1S", and key handles and authorization handles have no such mark (Part 1, 13 "Authorization Protocols"). The same
 * holds for the handles inside a wrapped command: transport digests and encryption begin after them (Part 1, 18).
 */
import { commandCodeOf, readUint16 } from '../tpm/command-header.js';
import { TPM_ET, TPM_ORD, TPM_TAG } from './codes.js';
import { COMMAND_AUTH_BYTES } from './structures.js';

export type SessionKind = 'authSession' | 'transportSession';
export type ResourceKind = 'key' | SessionKind;

/** A handle in a command: its offset, and what it names. */
export interface HandlePlace {
  readonly offset: number;
  readonly kind: ResourceKind;
}

/** Ordinals whose first parameter is one key handle. */
const ONE_KEY: ReadonlySet<number> = new Set([
  TPM_ORD.ChangeAuth,
  TPM_ORD.ChangeAuthAsymStart,
  TPM_ORD.CMK_CreateKey,
  TPM_ORD.Quote,
  TPM_ORD.Seal,
  TPM_ORD.Unseal,
  TPM_ORD.CMK_CreateBlob,
  TPM_ORD.UnBind,
  TPM_ORD.CreateWrapKey,
  TPM_ORD.LoadKey,
  TPM_ORD.GetPubKey,
  TPM_ORD.EvictKey,
  TPM_ORD.KeyControlOwner,
  TPM_ORD.CMK_ConvertMigration,
  TPM_ORD.MigrateKey,
  TPM_ORD.CreateMigrationBlob,
  TPM_ORD.ConvertMigrationBlob,
  TPM_ORD.Sign,
  TPM_ORD.Sealx,
  TPM_ORD.Quote2,
  TPM_ORD.LoadKey2,
  TPM_ORD.CertifySelfTest,
  TPM_ORD.GetCapabilitySigned,
  TPM_ORD.ActivateIdentity,
  TPM_ORD.GetAuditEventSigned,
  TPM_ORD.GetAuditDigestSigned,
  TPM_ORD.SetRedirection,
  TPM_ORD.SaveKeyContext,
  TPM_ORD.Delegate_CreateKeyDelegation,
  TPM_ORD.EstablishTransport,
  TPM_ORD.ReleaseTransportSigned,
  TPM_ORD.TickStampBlob,
]);

/** Ordinals whose first two parameters are key handles. */
const TWO_KEYS: ReadonlySet<number> = new Set([TPM_ORD.CertifyKey, TPM_ORD.CertifyKey2, TPM_ORD.ChangeAuthAsymFinish]);

/** Ordinals whose first parameter is an authorization session handle. */
const ONE_AUTH_SESSION: ReadonlySet<number> = new Set([TPM_ORD.Terminate_Handle, TPM_ORD.SaveAuthContext]);

/** What a successful command creates in the TPM; its handle is the first output parameter. */
const CREATES: ReadonlyMap<number, ResourceKind> = new Map<number, ResourceKind>([
  [TPM_ORD.OIAP, 'authSession'],
  [TPM_ORD.OSAP, 'authSession'],
  [TPM_ORD.DSAP, 'authSession'],
  [TPM_ORD.LoadKey, 'key'],
  [TPM_ORD.LoadKey2, 'key'],
  [TPM_ORD.LoadKeyContext, 'key'],
  [TPM_ORD.EstablishTransport, 'transportSession'],
]);

/**
 * Ordinals that, when they succeed, may end sessions that the command does not name: the delegation commands end every
 * OSAP and DSAP session, a new owner authorization those of the owner, a released counter or NV index its own.
 */
const ENDS_OTHER_SESSIONS: ReadonlySet<number> = new Set([
  TPM_ORD.Delegate_Manage,
  TPM_ORD.Delegate_CreateOwnerDelegation,
  TPM_ORD.Delegate_LoadOwnerDelegation,
  TPM_ORD.ChangeAuthOwner,
  TPM_ORD.ReleaseCounter,
  TPM_ORD.ReleaseCounterOwner,
  TPM_ORD.NV_DefineSpace,
]);

/** Ordinals that void every key, session and saved context when they succeed (TPM Main Part 3, 6.1 and 6.2; 14.3). */
const CLEARS_EVERYTHING: ReadonlySet<number> = new Set([TPM_ORD.OwnerClear, TPM_ORD.ForceClear, TPM_ORD.RevokeTrust]);

/**
 * Ordinals whose output handle is part of what the response's HMAC covers, so that the caller must see the TPM's own
 * value. TPM_LoadKey2 exists because of this flaw of TPM_LoadKey (TPM Main Part 3, 10.5).
 */
const OUT_HANDLE_IS_AUTHENTICATED: ReadonlySet<number> = new Set([TPM_ORD.LoadKey]);

export function createdKind(ordinal: number): ResourceKind | undefined {
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

/** Returns how many authorizations end a command or response with this tag (0x00C1 to 0x00C3, 0x00C4 to 0x00C6). */
export function authorizationCount(command: Uint8Array): 0 | 1 | 2 {
  const tag = readUint16(command, 0);
  if (tag === TPM_TAG.RQU_AUTH1_COMMAND) return 1;
  return tag === TPM_TAG.RQU_AUTH2_COMMAND ? 2 : 0;
}

/** Returns every key and session handle of a command; undefined when it is too short to hold them. */
export function handlePlaces(command: Uint8Array): readonly HandlePlace[] | undefined {
  const ordinal = commandCodeOf(command);
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

/** Returns whether the last authorization of a command is by a transport session. */
export function authorizesWithTransport(ordinal: number): boolean {
  return ordinal === TPM_ORD.ExecuteTransport || ordinal === TPM_ORD.ReleaseTransportSigned;
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

/** Returns whether TPM_OSAP's entityValue or TPM_DSAP's keyHandle is a key handle, as for some entity types. */
function linkedEntityIsKey(command: Uint8Array, ordinal: number): boolean {
  if (command.length < 16) return false;
  const entityType = command[11];
  if (ordinal === TPM_ORD.OSAP) return entityType === TPM_ET.KEYHANDLE;
  return ordinal === TPM_ORD.DSAP && entityType === TPM_ET.DEL_KEY_BLOB;
}
