/**
 * Runs callers' TPM_SaveContext and TPM_LoadContext, and their predecessors of TPM 1.1. Key blobs are bearer blobs, as
 * on a TPM: whoever has one may load it. A session that is saved here is saved by its caller: it leaves the context and
 * belongs to the user who saved it; another user's blob is rejected like a damaged one.
 */
import { HEADER_BYTES, readUint32, responseCodeOf, writeUint32 } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { isReservedKeyHandle, TPM_ORD, TPM_RESULT, TPM_RT } from '../../tpm12/codes.js';
import { ordinalOf, type ResourceKind } from '../../tpm12/command-shape.js';
import { loadContext } from '../../tpm12/commands.js';
import { firstHandle, firstSizedBuffer, isSuccess, refusal } from '../../tpm12/responses.js';
import { readContextBlob } from '../../tpm12/structures.js';
import { type Key, type Keys, kindOfResourceType, unknownHandleCode, type VirtualContext } from './handles.js';
import { saysNoRoom } from './save-load-evict.js';
import { type CallerSavedSession, findResource, type Resource, type Session } from './sessions.js';
import type { VirtualizerParts } from './virtualizer-parts.js';

/** Key blobs whose virtual handle is remembered for keepHandle. */
const MAX_REMEMBERED_BLOBS = 256;
/** More rounds than any TPM has slots, so that a TPM that always answers "no room" cannot block the broker. */
const MAX_ROUNDS = 64;
/** In TPM_LoadContext: entityHandle (4), keepHandle (1), contextSize (4), contextBlob. */
const KEEP_HANDLE_OFFSET = HEADER_BYTES + 4;
const LOADED_BLOB_OFFSET = HEADER_BYTES + 9;

/** Parameters: handle, resourceType, label. */
export function* runSaveContext(
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  if (command.length !== 34) return refusal(TPM_RESULT.BAD_PARAM_SIZE);
  const handle = readUint32(command, HEADER_BYTES);
  const kind = kindOfResourceType(readUint32(command, HEADER_BYTES + 4));
  if (kind === undefined) return refusal(TPM_RESULT.INVALID_RESOURCE);
  const held = findResource(parts.sessions, context, kind, handle);
  if (held === undefined) {
    const unmanaged = kind === 'key' && parts.keys.unmanaged.has(handle);
    return refusal(unmanaged ? TPM_RESULT.OWNER_CONTROL : unknownHandleCode(kind));
  }
  return yield* save(parts, held, command);
}

export function* runSaveAuthContext(
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  if (command.length !== 14) return refusal(TPM_RESULT.BAD_PARAM_SIZE);
  const held = parts.sessions.loadedIn(context, 'authSession', readUint32(command, HEADER_BYTES));
  if (held === undefined) return refusal(TPM_RESULT.INVALID_AUTHHANDLE);
  return yield* save(parts, held, command);
}

/** Sends the caller's own save command. A session leaves the context with it, a key stays. */
function* save(parts: Saving, held: Resource, command: Uint8Array): Exchange<Uint8Array> {
  const { swapping } = parts;
  const ready = yield* swapping.load([held]);
  if (ready !== TPM_RESULT.SUCCESS || held.physicalHandle === undefined) return refusal(ready);
  const physical = command.slice();
  writeUint32(physical, HEADER_BYTES, held.physicalHandle);
  let response = yield physical;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (!(yield* swapping.savedRoom.makeRoomAfter(responseCodeOf(response)))) break;
    response = yield physical;
  }
  const blob = isSuccess(response) ? firstSizedBuffer(response) : undefined;
  if (blob === undefined) return response;
  if (held.kind === 'key') rememberKeyBlob(parts.savedKeyHandles, held, blob);
  else savedByCaller(parts, held, blob);
  return response;
}

function rememberKeyBlob(savedKeyHandles: Map<string, number>, key: Key, blob: Uint8Array): void {
  const facts = readContextBlob(blob);
  if (facts === undefined) return;
  const oldest = savedKeyHandles.keys().next();
  if (savedKeyHandles.size >= MAX_REMEMBERED_BLOBS && !oldest.done) savedKeyHandles.delete(oldest.value);
  savedKeyHandles.set(facts.integrityDigest, key.virtualHandle);
}

type Saving = Pick<VirtualizerParts, 'sessions' | 'saved' | 'swapping' | 'savedKeyHandles' | 'changed'>;

/** The session belongs to the user now, under the blob that the caller gets. */
function savedByCaller(parts: Saving, session: Session, blob: Uint8Array): void {
  const { sessions, saved, swapping, changed } = parts;
  const { id, kind, virtualHandle, link, transportAttributes } = session;
  const { userKey } = session.context.caller;
  const contextCount = readContextBlob(blob)?.contextCount ?? 0;
  const current = { blob, contextCount };
  sessions.ended(session);
  saved.add({ id, kind, userKey, blob, contextCount, current, virtualHandle, link, transportAttributes });
  swapping.savedRoom.noteSaved(contextCount);
  changed();
}

export function* runLoadContext(
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  const { saved, savedKeyHandles } = parts;
  const isWhole =
    command.length >= LOADED_BLOB_OFFSET &&
    readUint32(command, LOADED_BLOB_OFFSET - 4) === command.length - LOADED_BLOB_OFFSET;
  if (!isWhole) return refusal(TPM_RESULT.BAD_PARAM_SIZE);
  const blob = command.slice(LOADED_BLOB_OFFSET);
  const facts = readContextBlob(blob);
  if (facts === undefined) return refusal(TPM_RESULT.BADCONTEXT);
  const keepsHandle = command[KEEP_HANDLE_OFFSET] !== 0;
  if (facts.resourceType === TPM_RT.KEY) {
    const wanted = savedKeyHandles.get(facts.integrityDigest) ?? facts.handle;
    return yield* loadKey(parts, context, command, { wanted, keepsHandle, blob });
  }
  const session = saved.find(context.caller.userKey, blob);
  if (session === undefined) return refusal(TPM_RESULT.BADCONTEXT);
  const current = loadContext(session.current.blob, readUint32(command, HEADER_BYTES));
  return yield* loadSession(parts, context, current, session, keepsHandle);
}

export function* runLoadKeyContext(
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  return yield* loadKey(parts, context, command, { keepsHandle: false });
}

interface KeyBlobFacts {
  readonly wanted?: number;
  readonly keepsHandle: boolean;
  readonly blob?: Uint8Array;
}

function* loadKey(
  parts: Pick<VirtualizerParts, 'keys' | 'quotas' | 'swapping' | 'changed'>,
  context: VirtualContext,
  command: Uint8Array,
  facts: KeyBlobFacts,
): Exchange<Uint8Array> {
  const { keys, quotas, changed } = parts;
  if (quotas.keysAvailableTo(context) === 0) return refusal(TPM_RESULT.RESOURCES);
  const { wanted } = facts;
  if (facts.keepsHandle && wanted !== undefined && context.key(wanted) !== undefined) {
    return refusal(TPM_RESULT.BAD_HANDLE);
  }
  const physical = command.slice();
  // Let the TPM choose the handle: another context's key may have the one in the blob.
  if (facts.blob !== undefined) physical[KEEP_HANDLE_OFFSET] = 0;
  const response = yield* sendUntilItFits(parts, 'key', physical);
  const handle = isSuccess(response) ? firstHandle(response) : undefined;
  if (handle === undefined) return response;
  const key = keys.adopt(context, handle, {
    ...(wanted === undefined ? {} : { wanted }),
    ...(facts.blob === undefined ? {} : { blob: facts.blob }),
  });
  changed();
  writeUint32(response, HEADER_BYTES, key.virtualHandle);
  return response;
}

export function* runLoadAuthContext(
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  const isWhole = command.length >= 14 && readUint32(command, HEADER_BYTES) === command.length - 14;
  if (!isWhole) return refusal(TPM_RESULT.BAD_PARAM_SIZE);
  const session = parts.saved.find(context.caller.userKey, command.slice(14));
  if (session === undefined) return refusal(TPM_RESULT.BADCONTEXT);
  const { current, link } = session;
  const entityHandle = link?.key?.virtualHandle ?? link?.entityHandle ?? 0;
  // A session that was saved again has a blob of TPM_SaveContext; both load commands have the same response.
  const load = current.blob === session.blob ? command : loadContext(current.blob, entityHandle);
  return yield* loadSession(parts, context, load, session, false);
}

function* loadSession(
  parts: Pick<VirtualizerParts, 'keys' | 'sessions' | 'saved' | 'swapping' | 'changed'>,
  context: VirtualContext,
  command: Uint8Array,
  session: CallerSavedSession,
  keepsHandle: boolean,
): Exchange<Uint8Array> {
  const { keys, sessions, saved, swapping, changed } = parts;
  if (keepsHandle && sessions.loadedIn(context, session.kind, session.virtualHandle) !== undefined) {
    return refusal(TPM_RESULT.BAD_HANDLE);
  }
  const physical = command.slice();
  const namesEntity = ordinalOf(command) === TPM_ORD.LoadContext;
  const entityHandle = namesEntity ? readUint32(command, HEADER_BYTES) : 0;
  const key = namesEntity ? boundKey(keys, context, entityHandle) : session.link?.key;
  if (key === 'unknown') return refusal(TPM_RESULT.INVALID_KEYHANDLE);
  if (key?.alive) {
    const ready = yield* swapping.load([key]);
    if (ready !== TPM_RESULT.SUCCESS) return refusal(ready);
    if (namesEntity && key.physicalHandle !== undefined) writeUint32(physical, HEADER_BYTES, key.physicalHandle);
  }
  if (namesEntity) physical[KEEP_HANDLE_OFFSET] = 0;
  const room = yield* swapping.makeRoomFor(session.kind);
  if (room !== TPM_RESULT.SUCCESS) return refusal(room);
  const response = yield* sendUntilItFits(parts, session.kind, physical);
  const handle = isSuccess(response) ? firstHandle(response) : undefined;
  if (handle === undefined) return response;
  saved.remove(session);
  const loaded = sessions.adopt(context, session.kind, handle, {
    wanted: session.virtualHandle,
    link: key === undefined && session.link === undefined ? undefined : { key, entityHandle },
    transportAttributes: session.transportAttributes,
  });
  changed();
  writeUint32(response, HEADER_BYTES, loaded.virtualHandle);
  return response;
}

/**
 * Returns the key that TPM_LoadContext's entityHandle names in this context; undefined for NV indexes, counters and
 * reserved handles.
 */
function boundKey(keys: Keys, context: VirtualContext, handle: number): Key | undefined | 'unknown' {
  const held = context.key(handle);
  if (held !== undefined) return held;
  if (isReservedKeyHandle(handle)) return undefined;
  // The physical handle of another context's key must not be tried as an entity.
  return keys.residentAt(handle) === undefined ? undefined : 'unknown';
}

/**
 * Sends a load command, and sends it again after an eviction, which is possible because it carries no authorization.
 */
function* sendUntilItFits(
  { swapping }: Pick<VirtualizerParts, 'swapping'>,
  kind: ResourceKind,
  command: Uint8Array,
): Exchange<Uint8Array> {
  for (let round = 0; ; round++) {
    const response = yield command;
    if (!saysNoRoom(responseCodeOf(response)) || round === MAX_ROUNDS) return response;
    if (!(yield* swapping.evictOne(kind))) return response;
  }
}
