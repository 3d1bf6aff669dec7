/**
 * TPM2_ContextSave. An object's blob is a bearer blob, as on a TPM. A session that is saved leaves its context and
 * belongs to the user until a context of that user loads it. What the broker has evicted need not be asked for again.
 *
 * TPM 2.0 Library Part 3, 28.2.
 */
import { HEADER_BYTES, readUint32, responseCodeOf } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { handleType, isSessionHandle, TPM_HT, TPM_RC } from '../../tpm20/codes.js';
import { contextSave } from '../../tpm20/commands.js';
import { refusal, success } from '../../tpm20/responses.js';
import { missingForSave } from './missing-handle.js';
import type { ResourceManager } from './resource-manager.js';
import type { Session } from './sessions.js';
import type { TransientObject } from './transient-objects.js';
import type { VirtualContext } from './virtual-context.js';

export function* runContextSave(
  manager: ResourceManager,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  const handle = readUint32(command, HEADER_BYTES);
  if (handleType(handle) === TPM_HT.TRANSIENT) {
    const object = context.object(handle);
    if (object) return yield* saveObject(manager, object);
  } else if (isSessionHandle(handle)) {
    const session = manager.sessions.loadedIn(context, handle);
    if (session) return yield* saveSession(manager, context, session);
  } else {
    return yield command;
  }
  return refusal(missingForSave(handle, manager.ranges));
}

function* saveObject(manager: ResourceManager, object: TransientObject): Exchange<Uint8Array> {
  manager.objects.touch(object);
  if (object.physicalHandle === 0 && object.blob) return success(object.blob);
  const response = yield* manager.send(contextSave(object.physicalHandle));
  const code = responseCodeOf(response);
  if (code === TPM_RC.SUCCESS) manager.objects.rememberSaved(object, response.slice(HEADER_BYTES));
  else if (code === TPM_RC.REFERENCE_H0) manager.objects.lost(object);
  return response;
}

function* saveSession(manager: ResourceManager, context: VirtualContext, session: Session): Exchange<Uint8Array> {
  manager.sessions.touch(session);
  const response = session.blob ? success(session.blob) : yield* manager.send(contextSave(session.handle));
  const code = responseCodeOf(response);
  if (code === TPM_RC.SUCCESS) manager.sessions.nowSavedBy(context, session, response.slice(HEADER_BYTES));
  else if (code === TPM_RC.REFERENCE_H0) manager.sessions.ended(session);
  return response;
}
