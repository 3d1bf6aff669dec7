/**
 * TPM2_FlushContext: own objects, own sessions, and the saved sessions of the user. Its handle is a parameter, so no
 * other check stands between a caller and another's session.
 *
 * TPM 2.0 Library Part 3, 28.4.
 */
import { errorResponse, HEADER_BYTES, readUint32, responseCodeOf } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { handleType, isSessionHandle, TPM_HT_TRANSIENT, TPM_RC_INITIALIZE, TPM_RC_SUCCESS } from '../../tpm20/codes.js';
import { emptySuccess, flushContextCommand } from './broker-commands.js';
import { missingForFlush } from './missing-handle.js';
import type { ResourceManager } from './resource-manager.js';
import type { VirtualContext } from './virtual-context.js';

export function* runFlushContext(
  manager: ResourceManager,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  const handle = readUint32(command, HEADER_BYTES);
  if (handleType(handle) === TPM_HT_TRANSIENT) return yield* flushObject(manager, context, handle);
  if (isSessionHandle(handle)) return yield* flushSession(manager, context, handle);
  // Nothing else can be flushed; the TPM says so.
  return yield command;
}

function* flushObject(manager: ResourceManager, context: VirtualContext, handle: number): Exchange<Uint8Array> {
  const object = context.object(handle);
  if (!object) return errorResponse('2.0', missingForFlush(handle, manager.ranges));
  if (object.physicalHandle !== 0) {
    const response = yield flushContextCommand(object.physicalHandle);
    if (responseCodeOf(response) === TPM_RC_INITIALIZE) return response;
  }
  manager.objects.remove(object);
  return emptySuccess();
}

function* flushSession(manager: ResourceManager, context: VirtualContext, handle: number): Exchange<Uint8Array> {
  const session = manager.sessions.byHandle(handle);
  const isOwn =
    session?.context === context || (session?.callerBlob !== undefined && session.userKey === context.caller.userKey);
  if (!session || !isOwn) return errorResponse('2.0', missingForFlush(handle, manager.ranges));
  const code = yield* manager.sessions.flush(session);
  return code === TPM_RC_SUCCESS ? emptySuccess() : errorResponse('2.0', code);
}
