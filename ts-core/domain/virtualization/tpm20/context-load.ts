/**
 * TPM2_ContextLoad. Objects: whoever has the blob may load it, as on a TPM. Sessions: only what a context of the same
 * user saved and nobody has loaded since; the newest blob is loaded in place of the caller's, which a gap repair may have
 * outdated.
 *
 * TPM 2.0 Library Part 3, 28.3.
 */
import { sameBytes } from '../../tpm/byte-fields.js';
import { HEADER_BYTES, responseCodeOf, writeUint32 } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { isSessionHandle, TPM_RC } from '../../tpm20/codes.js';
import { aboutParameter, isTemporaryFailure, refusal, SESSION_QUOTA, success } from '../../tpm20/responses.js';
import { isSavedContext, sameSave, savedHandleOf, staysValidInUse } from '../../tpm20/structures.js';
import type { ResourceManager } from './resource-manager.js';
import type { VirtualContext } from './virtual-context.js';

export function* runContextLoad(
  manager: ResourceManager,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  const blob = command.subarray(HEADER_BYTES);
  // What has not the form of a saved context loads nothing; the TPM says what is wrong with it.
  if (!isSavedContext(blob)) return yield command;
  return isSessionHandle(savedHandleOf(blob))
    ? yield* loadSession(manager, context, blob)
    : yield* loadObject(manager, context, command);
}

function* loadObject(manager: ResourceManager, context: VirtualContext, command: Uint8Array): Exchange<Uint8Array> {
  const refused = yield* manager.admit(context, 'object');
  if (refused !== TPM_RC.SUCCESS) return refusal(refused);
  const response = yield* manager.send(command);
  if (responseCodeOf(response) !== TPM_RC.SUCCESS) return response;
  const blob = command.slice(HEADER_BYTES);
  const reusable = staysValidInUse(blob);
  return manager.enterCreated(context, response, !reusable, reusable ? blob : undefined);
}

function* loadSession(manager: ResourceManager, context: VirtualContext, blob: Uint8Array): Exchange<Uint8Array> {
  const session = manager.sessions.byHandle(savedHandleOf(blob));
  // A stale blob, a loaded session's, another user's: all are answered as a TPM answers a blob whose session is not saved.
  const isTheirs = session?.userKey === context.caller.userKey && session.callerBlob !== undefined;
  if (!session?.callerBlob || !isTheirs || !sameSave(session.callerBlob, blob)) {
    return refusal(aboutParameter(TPM_RC.HANDLE, 1));
  }
  if (!sameBytes(session.callerBlob, blob)) return refusal(aboutParameter(TPM_RC.INTEGRITY, 1));
  if (manager.loadableSessions(context) === 0) return refusal(SESSION_QUOTA);
  manager.sessions.touch(session);
  const code = yield* manager.sessions.makeResident(session);
  if (code !== TPM_RC.SUCCESS) {
    if (code !== TPM_RC.INITIALIZE && !isTemporaryFailure(code)) manager.sessions.ended(session);
    return refusal(code);
  }
  manager.sessions.nowLoadedIn(context, session);
  const handle = new Uint8Array(4);
  writeUint32(handle, 0, session.handle);
  return success(handle);
}
