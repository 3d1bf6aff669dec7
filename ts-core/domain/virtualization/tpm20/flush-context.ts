/**
 * TPM2_FlushContext: own objects, own sessions, and the saved sessions of the user. Its handle is a parameter, so no
 * other check stands between a caller and another's session.
 *
 * TPM 2.0 Library Part 3, 28.4.
 */
import { HEADER_BYTES, readUint32, responseCodeOf } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { handleType, isSessionHandle, TPM_HT, TPM_RC } from '../../tpm20/codes.js';
import { flushContext } from '../../tpm20/commands.js';
import { refusal, success } from '../../tpm20/responses.js';
import { missingForFlush } from './missing-handle.js';
import type { ResourceManager } from './resource-manager.js';
import type { VirtualContext } from './virtual-context.js';

export function* runFlushContext(
  manager: ResourceManager,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  const handle = readUint32(command, HEADER_BYTES);
  if (handleType(handle) === TPM_HT.TRANSIENT) return yield* flushObject(manager, context, handle);
  if (isSessionHandle(handle)) return yield* flushSession(manager, context, handle);
  // Nothing else can be flushed; the TPM says so.
  return yield command;
}

function* flushObject(manager: ResourceManager, context: VirtualContext, handle: number): Exchange<Uint8Array> {
  const object = context.object(handle);
  if (!object) return refusal(missingForFlush(handle, manager.ranges));
  if (object.physicalHandle !== 0) {
    const response = yield flushContext(object.physicalHandle);
    if (responseCodeOf(response) === TPM_RC.INITIALIZE) return response;
  }
  manager.objects.remove(object);
  return success();
}

function* flushSession(manager: ResourceManager, context: VirtualContext, handle: number): Exchange<Uint8Array> {
  const session = manager.sessions.byHandle(handle);
  const isOwn =
    session?.context === context || (session?.callerBlob !== undefined && session.userKey === context.caller.userKey);
  if (!session || !isOwn) return refusal(missingForFlush(handle, manager.ranges));
  const code = yield* manager.sessions.flush(session);
  return code === TPM_RC.SUCCESS ? success() : refusal(code);
}
