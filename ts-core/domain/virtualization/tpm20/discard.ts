/** The caller gave a command up before its response came: what the command made is undone, since nobody knows of it. */
import { HEADER_BYTES, readUint32 } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_CC } from '../../tpm20/codes.js';
import { flushContext } from '../../tpm20/commands.js';
import type { CommandAttributes } from '../../tpm20/structures.js';
import type { ResourceManager } from './resource-manager.js';
import type { VirtualContext } from './virtual-context.js';

export function* discardCreated(
  manager: ResourceManager,
  context: VirtualContext,
  attributes: CommandAttributes,
  command: Uint8Array,
  response: Uint8Array,
): Exchange<void> {
  if (attributes.code === TPM_CC.ContextSave) return takeBackSaved(manager, context, readUint32(command, HEADER_BYTES));
  if (!attributes.returnsHandle || response.length < HEADER_BYTES + 4) return;
  const handle = readUint32(response, HEADER_BYTES);
  const object = context.object(handle);
  if (object) {
    if (object.physicalHandle !== 0) yield flushContext(object.physicalHandle);
    manager.objects.remove(object);
    return;
  }
  const session = manager.sessions.loadedIn(context, handle);
  if (!session) return;
  if (attributes.code !== TPM_CC.ContextLoad) {
    yield* manager.sessions.flush(session);
    return;
  }
  // Loaded in vain: the blob that the caller still holds has to stay good.
  if (yield* manager.sessions.evict(session)) manager.sessions.returnToUser(session, command.slice(HEADER_BYTES));
}

/** The caller never got the blob, so for it the session is still loaded. */
function takeBackSaved(manager: ResourceManager, context: VirtualContext, handle: number): void {
  const session = manager.sessions.byHandle(handle);
  if (session?.savedBy === context && session.callerBlob) manager.sessions.nowLoadedIn(context, session);
}
