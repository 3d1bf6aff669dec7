/** What a command of a context means for who is in the TPM, as far as the tables tell. Nothing is sent or touched. */
import { HEADER_BYTES, readUint32 } from '../../tpm/command-header.js';
import { handleType, isSessionHandle, TPM_CC, TPM_HT, TPM_RC } from '../../tpm20/codes.js';
import { type CommandAttributes, isSavedContext, savedHandleOf } from '../../tpm20/structures.js';
import type { SwapNeed } from '../virtualizer.js';
import type { ResourceManager } from './resource-manager.js';
import type { VirtualContext } from './virtual-context.js';

export function swapNeed(manager: ResourceManager, context: VirtualContext, command: Uint8Array): SwapNeed {
  const attributes = manager.commands.of(readUint32(command, 6));
  if (!attributes) return 'none';
  if (attributes.code === TPM_CC.FlushContext || attributes.code === TPM_CC.ContextSave) {
    return command.length >= HEADER_BYTES + 4 && isResident(manager, context, readUint32(command, HEADER_BYTES))
      ? 'resident'
      : 'none';
  }
  if (attributes.returnsHandle && hasNoRoomFor(manager, attributes, command)) return 'swap';
  const { areas } = manager;
  if (areas.read(command, attributes.handleCount) !== TPM_RC.SUCCESS) return 'none';
  let need: SwapNeed = 'none';
  for (let position = 0; position < areas.handleCount + areas.sessionCount; position++) {
    const inHandles = position < areas.handleCount;
    const handle = inHandles ? areas.handles[position] : areas.sessionHandles[position - areas.handleCount];
    const resident = isResident(manager, context, handle as number);
    if (resident === false) return 'swap';
    if (resident) need = 'resident';
  }
  return need;
}

/** Undefined for what is not the context's, or is never swapped. */
function isResident(manager: ResourceManager, context: VirtualContext, handle: number): boolean | undefined {
  if (handleType(handle) === TPM_HT.TRANSIENT) {
    const object = context.object(handle);
    return object && object.physicalHandle !== 0;
  }
  return isSessionHandle(handle) ? manager.sessions.loadedIn(context, handle)?.resident : undefined;
}

function hasNoRoomFor(manager: ResourceManager, { code }: CommandAttributes, command: Uint8Array): boolean {
  const blob = code === TPM_CC.ContextLoad ? command.subarray(HEADER_BYTES) : undefined;
  const loadsSession = blob !== undefined && isSavedContext(blob) && isSessionHandle(savedHandleOf(blob));
  return code === TPM_CC.StartAuthSession || loadsSession ? manager.sessions.isFull : manager.objects.isFull;
}
