/**
 * Runs the commands that are not special: resolves the handles, loads what is needed, makes room, sends the command,
 * and applies the response to the tables.
 */
import { HEADER_BYTES, readUint32, responseCodeOf, writeUint32 } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { handleType, isSessionHandle, TPM_CC, TPM_HT, TPM_RC, TPMA_SESSION } from '../../tpm20/codes.js';
import { flushContext } from '../../tpm20/commands.js';
import { isOutOfObjectMemory, isTemporaryFailure, refusal } from '../../tpm20/responses.js';
import type { CommandAttributes } from '../../tpm20/structures.js';
import {
  missingInAuthorizationArea,
  missingInHandleArea,
  type TransientObject,
  type VirtualContext,
} from './handles.js';
import type { Session } from './sessions.js';
import type { VirtualizerParts } from './virtualizer-parts.js';

/** More rounds than evictions and gap repairs can need, so that a TPM that always rejects cannot block the broker. */
const MAX_ATTEMPTS = 200;
/** How often a command is repeated after TPM_RC_RETRY; after that the caller decides, as it would without a broker. */
const MAX_RETRIES = 3;

/** What the handles of one command refer to, by position. */
export class ResolvedHandles {
  readonly objects: (TransientObject | undefined)[] = [];
  readonly handleSessions: (Session | undefined)[] = [];
  readonly authorizationSessions: (Session | undefined)[] = [];
}

/** Runs one command of a context. `command` is changed while it runs; at the end it has its original handles again. */
export function* runMapped(
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
  attributes: CommandAttributes,
): Exchange<Uint8Array> {
  const fault = parts.areas.read(command, attributes.handleCount);
  if (fault !== TPM_RC.SUCCESS) return refusal(fault);
  const handles = new ResolvedHandles();
  const missing = resolve(parts, context, attributes.code, handles);
  if (missing !== TPM_RC.SUCCESS) return refusal(missing);
  const unloaded = yield* load(parts, handles);
  if (unloaded !== TPM_RC.SUCCESS) return refusal(unloaded);
  if (attributes.returnsHandle) {
    const kind = attributes.code === TPM_CC.StartAuthSession ? 'session' : 'object';
    const exhausted = yield* parts.quotas.admit(context, kind);
    if (exhausted !== TPM_RC.SUCCESS) return refusal(exhausted);
  }
  writeHandles(command, handles, 'physicalHandle');
  const response = yield* send(parts, command);
  writeHandles(command, handles, 'virtualHandle');
  return applyResponse(parts, context, attributes, handles, response);
}

/** Finds everything that the command refers to. Returns 0, or the code for the first handle that the context lacks. */
function resolve(
  { areas, sessions, ranges }: Pick<VirtualizerParts, 'areas' | 'sessions' | 'ranges'>,
  context: VirtualContext,
  code: number,
  handles: ResolvedHandles,
): number {
  for (let position = 0; position < areas.handleCount; position++) {
    const handle = areas.handles[position] as number;
    const isObject = handleType(handle) === TPM_HT.TRANSIENT;
    if (!isObject && !isSessionHandle(handle)) continue;
    const object = isObject ? context.object(handle) : undefined;
    const session = isObject ? undefined : sessions.loadedIn(context, handle);
    if (!object && !session) return missingInHandleArea(code, handle, position, areas.handleCount, ranges);
    handles.objects[position] = object;
    handles.handleSessions[position] = session;
  }
  for (let position = 0; position < areas.sessionCount; position++) {
    const handle = areas.sessionHandles[position] as number;
    if (!isSessionHandle(handle)) continue;
    const session = sessions.loadedIn(context, handle);
    if (!session) return missingInAuthorizationArea(handle, position, ranges);
    handles.authorizationSessions[position] = session;
  }
  return TPM_RC.SUCCESS;
}

type Loading = Pick<VirtualizerParts, 'objects' | 'sessions' | 'swapping'>;

/** Loads everything that the command refers to. Returns 0, or the response code for the caller. */
function* load(parts: Loading, handles: ResolvedHandles): Exchange<number> {
  const { objects, sessions, swapping } = parts;
  for (const object of handles.objects) if (object) objects.touch(object);
  for (const session of handles.handleSessions) if (session) sessions.touch(session);
  for (const session of handles.authorizationSessions) if (session) sessions.touch(session);
  for (const [position, object] of handles.objects.entries()) {
    if (!object) continue;
    const code = yield* swapping.loadObject(object);
    if (code === TPM_RC.SUCCESS) continue;
    if (isTemporaryFailure(code)) return code;
    // Its saved form is void (hierarchy cleared, TPM reset), so the object no longer exists.
    objects.remove(object);
    return TPM_RC.REFERENCE_H0 + position;
  }
  const inHandles = yield* loadSessions(parts, handles.handleSessions, TPM_RC.REFERENCE_H0);
  if (inHandles !== TPM_RC.SUCCESS) return inHandles;
  return yield* loadSessions(parts, handles.authorizationSessions, TPM_RC.REFERENCE_S0);
}

function* loadSessions(
  { sessions, swapping }: Loading,
  needed: readonly (Session | undefined)[],
  lostCode: number,
): Exchange<number> {
  for (const [position, session] of needed.entries()) {
    if (!session) continue;
    const code = yield* swapping.loadSession(session);
    if (code === TPM_RC.SUCCESS) continue;
    if (isTemporaryFailure(code)) return code;
    sessions.ended(session);
    return lostCode + position;
  }
  return TPM_RC.SUCCESS;
}

/** Writes the physical handles, or the virtual ones again, into the command. */
function writeHandles(command: Uint8Array, handles: ResolvedHandles, kind: 'physicalHandle' | 'virtualHandle'): void {
  for (const [position, object] of handles.objects.entries()) {
    if (object) writeUint32(command, HEADER_BYTES + 4 * position, object[kind]);
  }
}

/** Sends a command. Whenever the TPM reports that it has no room, makes room and sends the command again. */
export function* send(parts: Pick<VirtualizerParts, 'swapping' | 'quotas'>, command: Uint8Array): Exchange<Uint8Array> {
  let retries = 0;
  for (let attempt = 1; ; attempt++) {
    const response = yield command;
    const code = responseCodeOf(response);
    if (attempt === MAX_ATTEMPTS) return response;
    if (code === TPM_RC.RETRY) {
      if (retries++ === MAX_RETRIES) return response;
    } else if (!(yield* makeRoom(parts, code))) return response;
  }
}

/** Returns false if the response code is not about room, or if nothing can be evicted. */
function* makeRoom(
  { swapping, quotas }: Pick<VirtualizerParts, 'swapping' | 'quotas'>,
  code: number,
): Exchange<boolean> {
  if (isOutOfObjectMemory(code) && (yield* swapping.evictOneObject())) return true;
  if (code === TPM_RC.SESSION_HANDLES) return yield* quotas.reclaimAbandonedSession();
  return yield* swapping.makeSessionRoom(code);
}

type Tables = Pick<VirtualizerParts, 'areas' | 'objects' | 'sessions'>;

/** Brings the tables up to date with the response, and gives the response the handle that the caller sees. */
export function applyResponse(
  tables: Tables,
  context: VirtualContext,
  attributes: CommandAttributes,
  handles: ResolvedHandles,
  response: Uint8Array,
): Uint8Array {
  const code = responseCodeOf(response);
  if (code !== TPM_RC.SUCCESS) {
    forgetLost(tables, handles, code);
    return response;
  }
  endSessions(tables, handles);
  if (attributes.flushesHandles) for (const object of handles.objects) if (object) tables.objects.remove(object);
  return attributes.returnsHandle
    ? enterCreated(tables, context, response, startsSequence(attributes.code), undefined)
    : response;
}

/** Forgets a resource that the TPM reports as missing although the tables say that it is loaded. */
function forgetLost({ objects, sessions }: Tables, handles: ResolvedHandles, code: number): void {
  const handlePosition = code - TPM_RC.REFERENCE_H0;
  const object = handles.objects[handlePosition];
  if (object) objects.lost(object);
  const session = handles.handleSessions[handlePosition] ?? handles.authorizationSessions[code - TPM_RC.REFERENCE_S0];
  if (session) sessions.ended(session);
}

/**
 * Removes ended sessions: a successful response, and nothing else, ends every session whose continueSession is clear.
 */
function endSessions({ areas, sessions }: Tables, handles: ResolvedHandles): void {
  for (const [position, session] of handles.authorizationSessions.entries()) {
    const attributes = areas.sessionAttributes[position] as number;
    if (session && (attributes & TPMA_SESSION.CONTINUE_SESSION) === 0) sessions.ended(session);
  }
}

function startsSequence(code: number): boolean {
  return code === TPM_CC.HMAC_Start || code === TPM_CC.HashSequenceStart;
}

/**
 * Adds what a successful response created to the tables, and writes the handle that the caller sees into the response.
 */
export function enterCreated(
  { objects, sessions }: Pick<VirtualizerParts, 'objects' | 'sessions'>,
  context: VirtualContext,
  response: Uint8Array,
  isSequence: boolean,
  blob: Uint8Array | undefined,
): Uint8Array {
  if (response.length < HEADER_BYTES + 4) return response;
  const handle = readUint32(response, HEADER_BYTES);
  if (handleType(handle) === TPM_HT.TRANSIENT) {
    const object = objects.adopt(context, handle, isSequence, blob);
    writeUint32(response, HEADER_BYTES, object.virtualHandle);
  } else if (isSessionHandle(handle)) {
    sessions.adopt(context, handle);
  }
  return response;
}

/** Undoes what a cancelled command created or saved, since its caller never saw the response. */
export function* discardCreated(
  parts: Pick<VirtualizerParts, 'objects' | 'sessions' | 'swapping'>,
  context: VirtualContext,
  command: Uint8Array,
  response: Uint8Array,
  attributes: CommandAttributes,
): Exchange<void> {
  const { objects, sessions, swapping } = parts;
  if (attributes.code === TPM_CC.ContextSave) {
    // The caller never got the blob; to the caller, the session is still loaded.
    const session = sessions.byHandle(readUint32(command, HEADER_BYTES));
    if (session?.savedBy === context) sessions.loadedByCaller(context, session);
    return;
  }
  if (!attributes.returnsHandle || response.length < HEADER_BYTES + 4) return;
  const handle = readUint32(response, HEADER_BYTES);
  const object = context.object(handle);
  if (object) {
    if (object.physicalHandle !== 0) yield flushContext(object.physicalHandle);
    objects.remove(object);
    return;
  }
  const session = sessions.loadedIn(context, handle);
  if (!session) return;
  if (attributes.code !== TPM_CC.ContextLoad) {
    yield* swapping.flushSession(session);
    return;
  }
  // The caller still has the blob, which must stay valid, even if the TPM cannot save the session now.
  yield* swapping.evictSession(session);
  sessions.returnToUser(session, command.slice(HEADER_BYTES));
}
