/**
 * Runs the commands that are not special: resolves the handles, loads what is needed, makes room, sends the command, and
 * applies the response to the tables.
 */
import { commandCodeOf, HEADER_BYTES, readUint32, responseCodeOf, writeUint32 } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_ORD, TPM_RESULT, TPM_RT } from '../../tpm12/codes.js';
import {
  clearsEverything,
  createdKind,
  endsOtherSessions,
  handlePlaces,
  outHandleIsAuthenticated,
  type ResourceKind,
  type SessionKind,
} from '../../tpm12/command-shape.js';
import { flushSpecific } from '../../tpm12/commands.js';
import { firstHandle, refusal } from '../../tpm12/responses.js';
import {
  publicPartOfLoadedKey,
  RESPONSE_AUTH_BYTES,
  RESPONSE_CONTINUE_OFFSET,
  readContextBlob,
} from '../../tpm12/structures.js';
import { wrappedCommandOf, wrappedResponseOf } from '../../tpm12/transport.js';
import { type Key, kindOfResourceType, type VirtualContext } from './handles.js';
import type { Quotas } from './quotas.js';
import { findResource, type Session, type SessionLink, type Sessions } from './sessions.js';
import { forgetEverything, type VirtualizerParts } from './virtualizer-parts.js';

/** A handle in a command and what it names; no key for a handle that means the same to everybody. */
export type Binding = KeyBinding | SessionBinding;

interface KeyBinding {
  readonly offset: number;
  readonly kind: 'key';
  readonly resource: Key | undefined;
}

interface SessionBinding {
  readonly offset: number;
  readonly kind: SessionKind;
  readonly resource: Session;
}

export function isSession(binding: Binding): binding is SessionBinding {
  return binding.kind !== 'key';
}

/** Runs one command of a context. */
export function* runMapped(
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  const resolution = yield* resolve(parts, context, command);
  if (!resolution.ok) return yield* failInPlaceOfTpm(parts, context, command, resolution.responseCode);
  const { bindings } = resolution;
  const created = createdKind(commandCodeOf(command));
  // Only a command without authorization can be repeated: a failure ends the session of any other.
  const isRepeatable = !bindings.some(isSession);
  const ready = yield* prepare(parts, context, created, bindings, created === 'key' || !isRepeatable);
  if (ready !== TPM_RESULT.SUCCESS) return yield* failInPlaceOfTpm(parts, context, command, ready);
  const physical = command.slice();
  writePhysicalHandles(physical, bindings);
  const response =
    created !== undefined && isRepeatable ? yield* parts.swapping.sendUntilItFits(created, physical) : yield physical;
  const collided = applyResponse(parts, context, command, bindings, response);
  if (collided === undefined) return response;
  yield flushSpecific(collided, TPM_RT.KEY);
  return refusal(TPM_RESULT.RESOURCES);
}

type Tables = Pick<VirtualizerParts, 'keys' | 'sessions'>;

export type Resolution =
  | { readonly ok: true; readonly bindings: readonly Binding[] }
  | { readonly ok: false; readonly responseCode: number; readonly unknownKey: boolean };

/** Resolves a command's handles. An unknown key may be an owner-evict key that has appeared since. */
export function* resolve(
  parts: Tables & Pick<VirtualizerParts, 'reconciliation'>,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Resolution> {
  const first = resolveHandles(parts, context, command);
  if (first.ok || !first.unknownKey) return first;
  yield* parts.reconciliation.refreshUnmanagedKeys();
  return resolveHandles(parts, context, command);
}

export function resolveHandles({ keys, sessions }: Tables, context: VirtualContext, command: Uint8Array): Resolution {
  const places = handlePlaces(command);
  if (places === undefined) return { ok: false, responseCode: TPM_RESULT.BAD_PARAM_SIZE, unknownKey: false };
  const bindings: Binding[] = [];
  for (const { offset, kind } of places) {
    const handle = readUint32(command, offset);
    if (kind === 'key') {
      const resource = context.key(handle);
      if (resource === undefined && !keys.isCommon(handle)) {
        return { ok: false, responseCode: TPM_RESULT.INVALID_KEYHANDLE, unknownKey: true };
      }
      bindings.push({ offset, kind, resource });
    } else {
      const resource = sessions.loadedIn(context, kind, handle);
      if (resource === undefined) {
        return { ok: false, responseCode: TPM_RESULT.INVALID_AUTHHANDLE, unknownKey: false };
      }
      bindings.push({ offset, kind, resource });
    }
  }
  return { ok: true, bindings };
}

/** Fails a command in place of the TPM and, as on a TPM, ends its authorization sessions. */
function* failInPlaceOfTpm(
  { sessions, swapping }: Pick<VirtualizerParts, 'sessions' | 'swapping'>,
  context: VirtualContext,
  command: Uint8Array,
  returnCode: number,
): Exchange<Uint8Array> {
  for (const session of knownSessions(sessions, context, command)) yield* swapping.flush(session);
  return refusal(returnCode);
}

/** Returns the context's own sessions that a command names, even if its other handles are not known. */
function knownSessions(sessions: Sessions, context: VirtualContext, command: Uint8Array): Session[] {
  const places = handlePlaces(command) ?? [];
  return places.flatMap(({ kind, offset }) => {
    if (kind === 'key') return [];
    return sessions.loadedIn(context, kind, readUint32(command, offset)) ?? [];
  });
}

/**
 * Checks the quota, loads what the command uses and makes room for what it creates. `mayAskForRoom`: false if the query
 * itself would do harm.
 */
export function* prepare(
  { quotas, swapping }: Pick<VirtualizerParts, 'quotas' | 'swapping'>,
  context: VirtualContext,
  created: ResourceKind | undefined,
  bindings: readonly Binding[],
  mayAskForRoom: boolean,
): Exchange<number> {
  if (created !== undefined && isExhausted(quotas, context, created)) return TPM_RESULT.RESOURCES;
  const resources = bindings.flatMap(({ resource }) => (resource === undefined ? [] : [resource]));
  const code = yield* swapping.load(resources);
  if (code !== TPM_RESULT.SUCCESS || created === undefined || !mayAskForRoom) return code;
  const room = yield* swapping.makeRoomFor(created);
  // Making room for a key may have evicted sessions of another copy of it, one of which the command may use.
  return room === TPM_RESULT.SUCCESS ? yield* swapping.load(resources) : room;
}

function isExhausted(quotas: Quotas, context: VirtualContext, kind: ResourceKind): boolean {
  if (kind === 'key') return quotas.keysAvailableTo(context) === 0;
  return quotas.sessionsAvailableTo(context.caller.userKey) === 0;
}

/** Writes the TPM's handles into `command`; every bound resource is in the TPM. */
export function writePhysicalHandles(command: Uint8Array, bindings: readonly Binding[]): void {
  for (const { offset, resource } of bindings) {
    if (resource?.physicalHandle !== undefined) writeUint32(command, offset, resource.physicalHandle);
  }
}

/**
 * Brings the tables up to date with the response to `command` (as the caller sent it), and gives the response the
 * handle that the caller sees. `parametersVisible`: false when a transport session encrypts the parameters. Returns the
 * handle of a created key that the context uses already, and that cannot be another; the caller gets "no room".
 */
export function applyResponse(
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
  bindings: readonly Binding[],
  response: Uint8Array,
  parametersVisible = true,
): number | undefined {
  const { keys, sessions, reconciliation, changed } = parts;
  const code = responseCodeOf(response);
  const ordinal = commandCodeOf(command);
  const authorizing = bindings.filter(isSession).map(({ resource }) => resource);
  if (code !== TPM_RESULT.SUCCESS) {
    const wasRefusedUnread = code === TPM_RESULT.DEFEND_LOCK_RUNNING || code === TPM_RESULT.RETRY;
    if (authorizing.length > 0 && !wasRefusedUnread) reconciliation.isDue = true;
    return undefined;
  }
  if (clearsEverything(ordinal)) {
    forgetEverything(parts);
    return undefined;
  }
  endSessions(sessions, ordinal, authorizing, response);
  // The TPM may have ended sessions that the command did not name.
  if (endsOtherSessions(ordinal)) reconciliation.isDue = true;
  const created = createdKind(ordinal);
  const handle = firstHandle(response);
  if (created === undefined || handle === undefined) return undefined;
  if (outHandleIsAuthenticated(ordinal) && findResource(sessions, context, created, handle) !== undefined)
    return handle;
  const resource =
    created === 'key'
      ? keys.adopt(context, handle, { publicPart: parametersVisible ? publicPartOfLoadedKey(command) : undefined })
      : sessions.adopt(context, created, handle, {
          link: linkOf(command, bindings),
          transportAttributes: transportAttributesOf(command),
        });
  writeUint32(response, HEADER_BYTES, resource.virtualHandle);
  changed();
  return undefined;
}

/** Removes ended sessions: those whose continue flag comes back 0, and those that were released. */
function endSessions(sessions: Sessions, ordinal: number, authorizing: readonly Session[], response: Uint8Array): void {
  for (const [index, session] of authorizing.entries()) {
    const start = response.length - (authorizing.length - index) * RESPONSE_AUTH_BYTES;
    const released = ordinal === TPM_ORD.ReleaseTransportSigned && session.kind === 'transportSession';
    const continues = start >= HEADER_BYTES && response[start + RESPONSE_CONTINUE_OFFSET] !== 0;
    if (released || !continues) sessions.ended(session);
  }
}

/**
 * Returns the entity to which a new OSAP or DSAP session is bound; undefined for OIAP sessions, which are not bound.
 */
function linkOf(command: Uint8Array, bindings: readonly Binding[]): SessionLink | undefined {
  const ordinal = commandCodeOf(command);
  if (ordinal !== TPM_ORD.OSAP && ordinal !== TPM_ORD.DSAP) return undefined;
  const key = bindings.find((binding) => binding.kind === 'key')?.resource;
  return key ?? readUint32(command, HEADER_BYTES + 2);
}

/** TPM_TRANSPORT_PUBLIC follows encHandle: tag (2), transAttributes (4), … */
function transportAttributesOf(command: Uint8Array): number {
  return commandCodeOf(command) === TPM_ORD.EstablishTransport ? readUint32(command, HEADER_BYTES + 6) : 0;
}

/** Undoes what a cancelled command created, since its caller never learned the handle. */
export function* discardCreated(
  parts: Pick<VirtualizerParts, 'sessions' | 'swapping'>,
  context: VirtualContext,
  command: Uint8Array,
  response: Uint8Array,
): Exchange<void> {
  if (commandCodeOf(command) === TPM_ORD.ExecuteTransport) {
    const inner = wrappedCommandOf(command);
    const innerResponse = wrappedResponseOf(response);
    if (inner !== undefined && innerResponse !== undefined) {
      yield* discardCreated(parts, context, inner, innerResponse);
    }
    return;
  }
  const kind = kindCreatedBy(command);
  const virtualHandle = firstHandle(response);
  if (kind === undefined || virtualHandle === undefined) return;
  const held = findResource(parts.sessions, context, kind, virtualHandle);
  if (held !== undefined) yield* parts.swapping.flush(held);
}

function kindCreatedBy(command: Uint8Array): ResourceKind | undefined {
  const ordinal = commandCodeOf(command);
  if (ordinal === TPM_ORD.LoadAuthContext) return 'authSession';
  if (ordinal !== TPM_ORD.LoadContext) return createdKind(ordinal);
  const blob = readContextBlob(command.subarray(HEADER_BYTES + 9));
  return blob === undefined ? undefined : kindOfResourceType(blob.resourceType);
}
