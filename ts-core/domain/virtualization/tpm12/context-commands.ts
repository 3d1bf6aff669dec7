/**
 * Runs callers' TPM_SaveContext and TPM_LoadContext, and their predecessors of TPM 1.1. Key blobs are bearer blobs, as
 * on a TPM: whoever has one may load it. A session that is saved here is saved by its caller: it leaves the context and
 * belongs to the user who saved it; another user's blob is rejected like a damaged one.
 */
import { HEADER_BYTES, readUint32, writeUint32 } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_RESULT, TPM_RT } from '../../tpm12/codes.js';
import { loadContext } from '../../tpm12/commands.js';
import { firstHandle, firstSizedBuffer, refusal } from '../../tpm12/responses.js';
import { readContextBlob } from '../../tpm12/structures.js';
import { type Key, type Keys, kindOfResourceType, unknownHandleCode, type VirtualContext } from './handles.js';
import {
  type CallerSavedSession,
  entityHandleOf,
  findResource,
  linkedKey,
  type Resource,
  type Session,
  type SessionLink,
} from './sessions.js';
import type { VirtualizerParts } from './virtualizer-parts.js';

/** Key blobs whose virtual handle is remembered for keepHandle. */
const MAX_REMEMBERED_BLOBS = 256;
/** TPM_SaveContext: handle (4), resourceType (4), label (16). */
const SAVE_CONTEXT_BYTES = HEADER_BYTES + 24;
/** TPM_SaveAuthContext: authHandle (4). */
const SAVE_AUTH_CONTEXT_BYTES = HEADER_BYTES + 4;
/** In TPM_LoadContext: entityHandle (4), keepHandle (1), contextSize (4), contextBlob. */
const KEEP_HANDLE_OFFSET = HEADER_BYTES + 4;
const LOADED_BLOB_OFFSET = HEADER_BYTES + 9;

export function* runSaveContext(
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  if (command.length !== SAVE_CONTEXT_BYTES) return refusal(TPM_RESULT.BAD_PARAM_SIZE);
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
  if (command.length !== SAVE_AUTH_CONTEXT_BYTES) return refusal(TPM_RESULT.BAD_PARAM_SIZE);
  const held = parts.sessions.loadedIn(context, 'authSession', readUint32(command, HEADER_BYTES));
  if (held === undefined) return refusal(TPM_RESULT.INVALID_AUTHHANDLE);
  return yield* save(parts, held, command);
}

/** Sends the caller's own save command. A session leaves the context with it, a key stays. */
function* save(parts: Saving, held: Resource, command: Uint8Array): Exchange<Uint8Array> {
  const { swapping } = parts;
  const ready = yield* swapping.load([held]);
  if (ready !== TPM_RESULT.SUCCESS) return refusal(ready);
  const physical = command.slice();
  writeUint32(physical, HEADER_BYTES, held.physicalHandle as number);
  const response = yield* swapping.saveUntilItFits(physical);
  const blob = firstSizedBuffer(response);
  if (blob === undefined) return response;
  if (held.kind === 'key') rememberKeyBlob(parts.savedKeyHandles, held, blob);
  else savedByCaller(parts, held, blob);
  return response;
}

function rememberKeyBlob(savedKeyHandles: Map<string, number>, key: Key, blob: Uint8Array): void {
  const facts = readContextBlob(blob);
  if (facts === undefined) return;
  // Moves the blob to the end of the map, since it is the newest again.
  savedKeyHandles.delete(facts.integrityDigest);
  savedKeyHandles.set(facts.integrityDigest, key.virtualHandle);
  for (const oldest of savedKeyHandles.keys()) {
    if (savedKeyHandles.size > MAX_REMEMBERED_BLOBS) savedKeyHandles.delete(oldest);
  }
}

type Saving = Pick<VirtualizerParts, 'sessions' | 'saved' | 'swapping' | 'savedKeyHandles' | 'changed'>;

/** Hands the session over to the user: any context of this user that presents the blob may load it. */
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
  const { keys, sessions, saved, savedKeyHandles } = parts;
  const blob = blobAt(command, LOADED_BLOB_OFFSET);
  if (blob === undefined) return refusal(TPM_RESULT.BAD_PARAM_SIZE);
  const facts = readContextBlob(blob);
  if (facts === undefined) return refusal(TPM_RESULT.BADCONTEXT);
  const entityHandle = readUint32(command, HEADER_BYTES);
  const keepsHandle = command[KEEP_HANDLE_OFFSET] !== 0;
  if (facts.resourceType === TPM_RT.KEY) {
    const wanted = savedKeyHandles.get(facts.integrityDigest) ?? facts.handle;
    return yield* loadKey(parts, context, loadContext(blob, entityHandle), { blob, wanted, keepsHandle });
  }
  const session = saved.find(context.caller.userKey, blob);
  if (session === undefined) return refusal(TPM_RESULT.BADCONTEXT);
  if (keepsHandle && sessions.loadedIn(context, session.kind, session.virtualHandle) !== undefined) {
    return refusal(TPM_RESULT.BAD_HANDLE);
  }
  const entity = entityNamed(keys, context, entityHandle);
  if (entity === undefined) return refusal(TPM_RESULT.INVALID_KEYHANDLE);
  return yield* loadSession(parts, context, session, entity);
}

/** Returns the blob that ends a load command, after its size; undefined if the command has another length. */
function blobAt(command: Uint8Array, offset: number): Uint8Array | undefined {
  // Negative if the command ends before the blob; no size equals that.
  const rest = command.length - offset;
  return readUint32(command, offset - 4) === rest ? command.slice(offset) : undefined;
}

/** What TPM_LoadContext says about a key. */
interface SavedKey {
  readonly blob: Uint8Array;
  readonly wanted: number;
  readonly keepsHandle: boolean;
}

/** Lets the TPM choose the handle: another context's key may have the one in the blob. */
function* loadKey(
  parts: Pick<VirtualizerParts, 'keys' | 'quotas' | 'swapping' | 'changed'>,
  context: VirtualContext,
  command: Uint8Array,
  { blob, wanted, keepsHandle }: SavedKey,
): Exchange<Uint8Array> {
  const { keys, quotas, swapping, changed } = parts;
  if (quotas.keysAvailableTo(context) === 0) return refusal(TPM_RESULT.RESOURCES);
  const isTaken = context.key(wanted) !== undefined || keys.isCommon(wanted);
  if (keepsHandle && isTaken) return refusal(TPM_RESULT.BAD_HANDLE);
  const response = yield* swapping.sendUntilItFits('key', command);
  const handle = firstHandle(response);
  if (handle === undefined) return response;
  const key = keys.adopt(context, handle, { wanted, blob });
  changed();
  writeUint32(response, HEADER_BYTES, key.virtualHandle);
  return response;
}

export function* runLoadAuthContext(
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  const blob = blobAt(command, HEADER_BYTES + 4);
  if (blob === undefined) return refusal(TPM_RESULT.BAD_PARAM_SIZE);
  const session = parts.saved.find(context.caller.userKey, blob);
  if (session === undefined) return refusal(TPM_RESULT.BADCONTEXT);
  // A session that was saved again has a blob of TPM_SaveContext; both load commands have the same response.
  const isUnchanged = session.current.blob === session.blob;
  return yield* loadSession(parts, context, session, session.link, isUnchanged ? command : undefined);
}

/** Loads a session with the entity that it is bound to: by `command`, or else by TPM_LoadContext. */
function* loadSession(
  parts: Pick<VirtualizerParts, 'sessions' | 'saved' | 'swapping' | 'changed'>,
  context: VirtualContext,
  session: CallerSavedSession,
  link: SessionLink | undefined,
  command?: Uint8Array,
): Exchange<Uint8Array> {
  const { sessions, saved, swapping, changed } = parts;
  const key = linkedKey({ link });
  if (key?.alive) {
    const ready = yield* swapping.load([key]);
    if (ready !== TPM_RESULT.SUCCESS) return refusal(ready);
  }
  const room = yield* swapping.makeRoomFor(session.kind);
  if (room !== TPM_RESULT.SUCCESS) return refusal(room);
  const load = command ?? loadContext(session.current.blob, entityHandleOf(link));
  const response = yield* swapping.sendUntilItFits(session.kind, load);
  const handle = firstHandle(response);
  if (handle === undefined) return response;
  saved.remove(session);
  const loaded = sessions.adopt(context, session.kind, handle, {
    wanted: session.virtualHandle,
    link,
    transportAttributes: session.transportAttributes,
  });
  changed();
  writeUint32(response, HEADER_BYTES, loaded.virtualHandle);
  return response;
}

/**
 * Returns what TPM_LoadContext's entityHandle names in this context: a key, or the handle itself for NV indexes,
 * counters, unmanaged keys and reserved handles.
 */
function entityNamed(keys: Keys, context: VirtualContext, handle: number): SessionLink | undefined {
  // The physical handle of another context's key must not be tried as an entity.
  const isFree = keys.isCommon(handle) || keys.residentAt(handle) === undefined;
  return context.key(handle) ?? (isFree ? handle : undefined);
}
