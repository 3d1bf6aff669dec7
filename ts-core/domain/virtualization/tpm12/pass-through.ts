/**
 * Runs the commands that are not special: resolves the handles, loads what is needed, makes room, sends the command,
 * and applies the response to the tables.
 */
import { HEADER_BYTES, readUint32, responseCodeOf, writeUint32 } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_ORD, TPM_RESULT, TPM_RT } from '../../tpm12/codes.js';
import {
  authorizationCount,
  clearsEverything,
  createdKind,
  endsOtherSessions,
  type HandlePlace,
  handlePlaces,
  ordinalOf,
  outHandleIsAuthenticated,
  type ResourceKind,
} from '../../tpm12/command-shape.js';
import { flushSpecific } from '../../tpm12/commands.js';
import { firstHandle, isSuccess, refusal } from '../../tpm12/responses.js';
import {
  publicPartOfLoadedKey,
  RESPONSE_AUTH_BYTES,
  RESPONSE_CONTINUE_OFFSET,
  readContextBlob,
} from '../../tpm12/structures.js';
import { wrappedCommandOf, wrappedResponseOf } from '../../tpm12/transport.js';
import {
  type HeldResource,
  type HeldSession,
  kindOfResourceType,
  type ResourceTable,
  type SessionLink,
} from './handles.js';
import { saysNoRoom, unknownHandleCode } from './save-load-evict.js';
import { forgetEverything, type VirtualizerParts } from './virtualizer-parts.js';

/** Runs one command of a context. */
export function* runMapped(parts: VirtualizerParts, contextId: number, command: Uint8Array): Exchange<Uint8Array> {
  const resolution = yield* resolve(parts, contextId, command);
  if (!resolution.ok) return yield* failInPlaceOfTpm(parts, contextId, command, resolution.responseCode);
  const { bindings } = resolution;
  const pinned = new Set<HeldResource>();
  const created = createdKind(ordinalOf(command));
  const mustFit = created === 'key' || bindings.some(isSession);
  const ready = yield* prepare(parts, contextId, created, bindings, pinned, mustFit);
  if (ready !== TPM_RESULT.SUCCESS) return yield* failInPlaceOfTpm(parts, contextId, command, ready);
  const physical = bindings.length === 0 ? command : command.slice();
  writePhysicalHandles(physical, bindings);
  let response = yield physical;
  // Only a command without authorization can be repeated: a failure ends the session of any other.
  while (created !== undefined && saysNoRoom(responseCodeOf(response)) && !bindings.some(isSession)) {
    if (!(yield* parts.swapping.evictOne(created, pinned))) break;
    response = yield physical;
  }
  return yield* finish(parts, contextId, command, bindings, response);
}

/** A handle in a command and what it names; no resource for a handle that means the same to everybody. */
export interface Binding extends HandlePlace {
  readonly resource: HeldResource | undefined;
}

export type Resolution =
  | { readonly ok: true; readonly bindings: readonly Binding[] }
  | { readonly ok: false; readonly responseCode: number; readonly unknownKey: boolean };

/** Resolves a command's handles. An unknown key may be an owner-evict key that has appeared since. */
export function* resolve(
  { table, reconciliation }: Pick<VirtualizerParts, 'table' | 'reconciliation'>,
  contextId: number,
  command: Uint8Array,
): Exchange<Resolution> {
  const first = resolveHandles(table, contextId, command);
  if (first.ok || !first.unknownKey) return first;
  yield* reconciliation.refreshUnmanagedKeys();
  return resolveHandles(table, contextId, command);
}

export function resolveHandles(table: ResourceTable, contextId: number, command: Uint8Array): Resolution {
  const places = handlePlaces(command);
  if (places === undefined) return { ok: false, responseCode: TPM_RESULT.BAD_PARAM_SIZE, unknownKey: false };
  const bindings: Binding[] = [];
  for (const place of places) {
    const handle = readUint32(command, place.offset);
    const resource = table.find(contextId, place.kind, handle);
    if (resource === undefined && !(place.kind === 'key' && table.isCommonKey(handle))) {
      const unknownKey = place.kind === 'key';
      return { ok: false, responseCode: unknownHandleCode(place.kind), unknownKey };
    }
    bindings.push({ offset: place.offset, kind: place.kind, resource });
  }
  return { ok: true, bindings };
}

/** Fails a command in place of the TPM and, as on a TPM, ends its authorization sessions. */
function* failInPlaceOfTpm(
  { table, swapping }: VirtualizerParts,
  contextId: number,
  command: Uint8Array,
  returnCode: number,
): Exchange<Uint8Array> {
  for (const session of knownSessions(table, contextId, command)) yield* swapping.flush(session);
  return refusal(returnCode);
}

/** Returns the context's own sessions that authorize a command, even if its other handles are not known. */
function knownSessions(table: ResourceTable, contextId: number, command: Uint8Array): HeldSession[] {
  const places = handlePlaces(command) ?? [];
  return places.slice(places.length - authorizationCount(command)).flatMap((place) => {
    const held = table.find(contextId, place.kind, readUint32(command, place.offset));
    return held === undefined || held.kind === 'key' ? [] : [held];
  });
}

/**
 * Checks the quota, loads what the command uses and makes room for what it creates. `mayAskForRoom`: false if the query
 * itself would do harm.
 */
export function* prepare(
  { quotas, swapping }: Pick<VirtualizerParts, 'quotas' | 'swapping'>,
  contextId: number,
  created: ResourceKind | undefined,
  bindings: readonly Binding[],
  pinned: Set<HeldResource>,
  mayAskForRoom: boolean,
): Exchange<number> {
  if (created !== undefined && quotas.remaining(contextId, created) <= 0) return TPM_RESULT.RESOURCES;
  const resources = bindings.flatMap(({ resource }) => (resource === undefined ? [] : [resource]));
  const code = yield* swapping.load(resources, pinned);
  if (code !== TPM_RESULT.SUCCESS || created === undefined || !mayAskForRoom) return code;
  const room = yield* swapping.makeRoomFor(created, pinned);
  // Making room for a key may have evicted sessions of another copy of it, one of which the command may use.
  return room === TPM_RESULT.SUCCESS ? yield* swapping.load(resources, pinned) : room;
}

/** Writes the TPM's handles into `command`; every bound resource is in the TPM. */
export function writePhysicalHandles(command: Uint8Array, bindings: readonly Binding[]): void {
  for (const { offset, resource } of bindings) {
    if (resource?.physicalHandle !== undefined) writeUint32(command, offset, resource.physicalHandle);
  }
}

function* finish(
  parts: VirtualizerParts,
  contextId: number,
  command: Uint8Array,
  bindings: readonly Binding[],
  response: Uint8Array,
): Exchange<Uint8Array> {
  const effects = applyResponse(parts.table, contextId, command, bindings, response, true);
  applySideEffects(parts, effects);
  if (effects.collided === undefined) return response;
  yield flushSpecific(effects.collided, TPM_RT.KEY);
  return refusal(TPM_RESULT.RESOURCES);
}

/** What a response changes beyond the resources that the command names. */
export interface SideEffects {
  /** The TPM may have ended sessions that the command did not name. */
  readonly sessionsUncertain: boolean;
  /** Everything in the TPM is void. */
  readonly everythingVoid: boolean;
  /** The resource that the command created in the TPM. */
  readonly created: HeldResource | undefined;
  /**
   * The handle of a created key that the context uses already, and that cannot be another; the caller gets "no room".
   */
  readonly collided: number | undefined;
}

const NONE: SideEffects = {
  sessionsUncertain: false,
  everythingVoid: false,
  created: undefined,
  collided: undefined,
};

export function applySideEffects(parts: VirtualizerParts, effects: SideEffects): void {
  if (effects.sessionsUncertain) parts.reconciliation.isDue = true;
  if (effects.everythingVoid) forgetEverything(parts);
  if (effects.created !== undefined) parts.changed();
}

/**
 * Brings the table up to date with the response to `command` (as the caller sent it), and writes the virtual handle of
 * what it created into the response. `parametersVisible`: false when a transport session encrypts the parameters.
 */
export function applyResponse(
  table: ResourceTable,
  contextId: number,
  command: Uint8Array,
  bindings: readonly Binding[],
  response: Uint8Array,
  parametersVisible: boolean,
): SideEffects {
  const code = responseCodeOf(response);
  const ordinal = ordinalOf(command);
  const sessions = authorizingSessions(command, bindings);
  if (code !== TPM_RESULT.SUCCESS) {
    const wasRefusedUnread = code === TPM_RESULT.DEFEND_LOCK_RUNNING || code === TPM_RESULT.RETRY;
    return { ...NONE, sessionsUncertain: sessions.length > 0 && !wasRefusedUnread };
  }
  if (clearsEverything(ordinal)) return { ...NONE, everythingVoid: true };
  endFinishedSessions(table, ordinal, sessions, response);
  const created = createdKind(ordinal);
  const handle = created === undefined ? undefined : firstHandle(response);
  const sessionsUncertain = endsOtherSessions(ordinal);
  if (created === undefined || handle === undefined) return { ...NONE, sessionsUncertain };
  if (outHandleIsAuthenticated(ordinal) && table.find(contextId, created, handle) !== undefined) {
    return { ...NONE, sessionsUncertain, collided: handle };
  }
  const resource = table.register(contextId, created, handle, {
    link: linkOf(command, bindings),
    publicPart: parametersVisible ? publicPartOfLoadedKey(command) : undefined,
    transportAttributes: ordinal === TPM_ORD.EstablishTransport ? transportAttributesOf(command) : 0,
  });
  writeUint32(response, HEADER_BYTES, resource.virtualHandle);
  return { ...NONE, sessionsUncertain, created: resource };
}

function authorizingSessions(command: Uint8Array, bindings: readonly Binding[]): HeldSession[] {
  const count = authorizationCount(command);
  if (count === 0) return [];
  return bindings
    .slice(-count)
    .map((binding) => binding.resource)
    .filter((resource): resource is HeldSession => resource !== undefined && resource.kind !== 'key');
}

/** Removes ended sessions: those whose continue flag comes back 0, and those that were released. */
function endFinishedSessions(
  table: ResourceTable,
  ordinal: number,
  sessions: readonly HeldSession[],
  response: Uint8Array,
): void {
  for (const [index, session] of sessions.entries()) {
    const start = response.length - (sessions.length - index) * RESPONSE_AUTH_BYTES;
    const released = ordinal === TPM_ORD.ReleaseTransportSigned && session.kind === 'transportSession';
    const continues = start >= HEADER_BYTES && response[start + RESPONSE_CONTINUE_OFFSET] !== 0;
    if (released || !continues) table.remove(session);
  }
}

/**
 * Returns the entity to which a new OSAP or DSAP session is bound; undefined for OIAP sessions, which are not bound.
 */
function linkOf(command: Uint8Array, bindings: readonly Binding[]): SessionLink | undefined {
  const ordinal = ordinalOf(command);
  if (ordinal !== TPM_ORD.OSAP && ordinal !== TPM_ORD.DSAP) return undefined;
  const key = bindings.find((binding) => binding.kind === 'key')?.resource;
  return { key: key?.kind === 'key' ? key : undefined, entityHandle: readUint32(command, HEADER_BYTES + 2) };
}

/** TPM_TRANSPORT_PUBLIC follows encHandle: tag (2), transAttributes (4), … */
function transportAttributesOf(command: Uint8Array): number {
  return command.length >= HEADER_BYTES + 10 ? readUint32(command, HEADER_BYTES + 6) : 0;
}

function isSession(binding: Binding): boolean {
  return binding.kind !== 'key';
}

/** Undoes what a cancelled command created, since its caller never learned the handle. */
export function* discardCreated(
  { table, swapping }: VirtualizerParts,
  contextId: number,
  command: Uint8Array,
  response: Uint8Array,
): Exchange<void> {
  const created = isSuccess(response) ? createdResource(command, response) : undefined;
  if (created === undefined || !table.hasContext(contextId)) return;
  const held = table.find(contextId, created.kind, created.virtualHandle);
  if (held !== undefined) yield* swapping.flush(held);
}

interface CreatedResource {
  readonly kind: ResourceKind;
  readonly virtualHandle: number;
}

/** Returns what a successful command created, from the command and its caller's response. */
function createdResource(command: Uint8Array, response: Uint8Array): CreatedResource | undefined {
  if (ordinalOf(command) === TPM_ORD.ExecuteTransport) {
    const inner = wrappedCommandOf(command);
    const innerResponse = wrappedResponseOf(response);
    return inner === undefined || innerResponse === undefined ? undefined : createdResource(inner, innerResponse);
  }
  const kind = kindCreatedBy(command);
  const virtualHandle = firstHandle(response);
  return kind === undefined || virtualHandle === undefined ? undefined : { kind, virtualHandle };
}

function kindCreatedBy(command: Uint8Array): ResourceKind | undefined {
  const ordinal = ordinalOf(command);
  if (ordinal === TPM_ORD.LoadAuthContext) return 'authSession';
  if (ordinal !== TPM_ORD.LoadContext) return createdKind(ordinal);
  const blob = readContextBlob(command.subarray(HEADER_BYTES + 9));
  return blob === undefined ? undefined : kindOfResourceType(blob.resourceType);
}
