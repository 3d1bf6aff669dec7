/**
 * Runs callers' TPM2_ContextSave, TPM2_ContextLoad and TPM2_FlushContext. TPM 2.0 Library Part 3, 28.2 to 28.4.
 *
 * An object's blob is a bearer blob, as on a TPM: whoever has it may load it. A session that is saved here is saved by
 * its caller: it leaves the context and belongs to the user until a context of that user loads it, once.
 */
import { sameBytes } from '../../tpm/byte-fields.js';
import { HEADER_BYTES, readUint32, responseCodeOf, writeUint32 } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { handleType, isSessionHandle, TPM_HT, TPM_RC } from '../../tpm20/codes.js';
import { contextSave, flushContext } from '../../tpm20/commands.js';
import {
  aboutParameter,
  isSuccess,
  isTemporaryFailure,
  refusal,
  SESSION_QUOTA,
  success,
} from '../../tpm20/responses.js';
import { isSavedContext, sameSave, savedHandleOf, staysValidInUse } from '../../tpm20/structures.js';
import { missingForFlush, missingForSave, type TransientObject, type VirtualContext } from './handles.js';
import { enterCreated, send } from './pass-through.js';
import type { Session } from './sessions.js';
import type { VirtualizerParts } from './virtualizer-parts.js';

type Sending = Pick<VirtualizerParts, 'swapping' | 'quotas'>;

export function* runContextSave(
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  const handle = readUint32(command, HEADER_BYTES);
  if (handleType(handle) === TPM_HT.TRANSIENT) {
    const object = context.object(handle);
    if (object) return yield* saveObject(parts, object);
  } else if (isSessionHandle(handle)) {
    const session = parts.sessions.loadedIn(context, handle);
    if (session) return yield* saveSession(parts, context, session);
  } else {
    return yield command;
  }
  return refusal(missingForSave(handle, parts.ranges));
}

/** Saves an object. If the broker has evicted it, its saved form is already there. */
function* saveObject(
  parts: Sending & Pick<VirtualizerParts, 'objects'>,
  object: TransientObject,
): Exchange<Uint8Array> {
  parts.objects.touch(object);
  if (object.physicalHandle === 0 && object.blob) return success(object.blob);
  const response = yield* send(parts, contextSave(object.physicalHandle));
  const code = responseCodeOf(response);
  if (code === TPM_RC.SUCCESS) parts.objects.rememberSaved(object, response.slice(HEADER_BYTES));
  else if (code === TPM_RC.REFERENCE_H0) parts.objects.lost(object);
  return response;
}

function* saveSession(
  parts: Sending & Pick<VirtualizerParts, 'sessions'>,
  context: VirtualContext,
  session: Session,
): Exchange<Uint8Array> {
  const { sessions } = parts;
  sessions.touch(session);
  const response = session.blob ? success(session.blob) : yield* send(parts, contextSave(session.handle));
  const code = responseCodeOf(response);
  if (code === TPM_RC.SUCCESS) sessions.savedByCaller(context, session, response.slice(HEADER_BYTES));
  else if (code === TPM_RC.REFERENCE_H0) sessions.ended(session);
  return response;
}

export function* runContextLoad(
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  const blob = command.subarray(HEADER_BYTES);
  // Bytes that are not a saved context load nothing; the TPM reports what is wrong with them.
  if (!isSavedContext(blob)) return yield command;
  return isSessionHandle(savedHandleOf(blob))
    ? yield* loadSession(parts, context, blob)
    : yield* loadObject(parts, context, command);
}

function* loadObject(
  parts: Sending & Pick<VirtualizerParts, 'objects' | 'sessions'>,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  const exhausted = yield* parts.quotas.admit(context, 'object');
  if (exhausted !== TPM_RC.SUCCESS) return refusal(exhausted);
  const response = yield* send(parts, command);
  if (!isSuccess(response)) return response;
  const blob = command.slice(HEADER_BYTES);
  const reusable = staysValidInUse(blob);
  return enterCreated(parts, context, response, !reusable, reusable ? blob : undefined);
}

/** Loads the newest blob of the session in place of the caller's, which a gap repair may have made stale. */
function* loadSession(
  parts: Sending & Pick<VirtualizerParts, 'sessions'>,
  context: VirtualContext,
  blob: Uint8Array,
): Exchange<Uint8Array> {
  const { sessions, swapping, quotas } = parts;
  const session = sessions.byHandle(savedHandleOf(blob));
  // Another user's blob, a blob of a loaded session, or a stale blob: the answer is a TPM's for a session that is not
  // saved.
  if (session?.userKey !== context.caller.userKey || !session.callerBlob || !sameSave(session.callerBlob, blob)) {
    return refusal(aboutParameter(TPM_RC.HANDLE, 1));
  }
  if (!sameBytes(session.callerBlob, blob)) return refusal(aboutParameter(TPM_RC.INTEGRITY, 1));
  if (quotas.loadableSessions(context) === 0) return refusal(SESSION_QUOTA);
  sessions.touch(session);
  const code = yield* swapping.loadSession(session);
  if (code !== TPM_RC.SUCCESS) {
    if (!isTemporaryFailure(code)) sessions.ended(session);
    return refusal(code);
  }
  sessions.loadedByCaller(context, session);
  const handle = new Uint8Array(4);
  writeUint32(handle, 0, session.handle);
  return success(handle);
}

/** Runs TPM2_FlushContext. Its handle is a parameter, so no other check protects the sessions of other callers. */
export function* runFlushContext(
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  const handle = readUint32(command, HEADER_BYTES);
  if (handleType(handle) === TPM_HT.TRANSIENT) return yield* flushObject(parts, context, handle);
  if (isSessionHandle(handle)) return yield* flushSession(parts, context, handle);
  // Nothing else can be flushed; the TPM rejects it.
  return yield command;
}

function* flushObject(
  { objects, ranges }: Pick<VirtualizerParts, 'objects' | 'ranges'>,
  context: VirtualContext,
  handle: number,
): Exchange<Uint8Array> {
  const object = context.object(handle);
  if (!object) return refusal(missingForFlush(handle, ranges));
  if (object.physicalHandle !== 0) yield flushContext(object.physicalHandle);
  objects.remove(object);
  return success();
}

/** Flushes a session that the context has loaded or its user has saved. */
function* flushSession(
  parts: Pick<VirtualizerParts, 'sessions' | 'swapping' | 'ranges'>,
  context: VirtualContext,
  handle: number,
): Exchange<Uint8Array> {
  const session = parts.sessions.byHandle(handle);
  const isOwn =
    session?.context === context || (session?.callerBlob !== undefined && session.userKey === context.caller.userKey);
  if (!session || !isOwn) return refusal(missingForFlush(handle, parts.ranges));
  return yield* parts.swapping.flushSession(session);
}
