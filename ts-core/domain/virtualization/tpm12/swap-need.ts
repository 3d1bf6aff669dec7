/** What a command of a context means for who is in the TPM, as far as the tables tell. Nothing is sent or touched. */
import { readUint32 } from '../../tpm/command-header.js';
import { TPM_ORD } from '../../tpm12/codes.js';
import { wrappedCommandOf } from '../../tpm12/transport.js';
import type { SwapNeed } from '../virtualizer.js';
import { ordinalOf } from './command-shape.js';
import type { HandleTranslation } from './handle-translation.js';
import type { HeldResource, ResourceTable } from './resource-table.js';
import { kindOfResourceType } from './special-command.js';

export function swapNeed(
  table: ResourceTable,
  translation: HandleTranslation,
  contextId: number,
  command: Uint8Array,
): SwapNeed {
  if (!table.hasContext(contextId)) return 'none';
  const ended = endedBy(table, contextId, command);
  // What is saved outside is ended there: nothing is loaded for that.
  if (ended !== undefined) return ended.physicalHandle === undefined ? 'none' : 'resident';
  const inner = ordinalOf(command) === TPM_ORD.ExecuteTransport ? wrappedCommandOf(command) : undefined;
  let need: SwapNeed = 'none';
  for (const part of inner === undefined ? [command] : [command, inner]) {
    const resolution = translation.resolve(contextId, part);
    if (!resolution.ok) return 'none';
    for (const { resource } of resolution.bindings) {
      if (resource === undefined) continue;
      if (resource.physicalHandle === undefined) return 'swap';
      need = 'resident';
    }
  }
  return need;
}

function endedBy(table: ResourceTable, contextId: number, command: Uint8Array): HeldResource | undefined {
  if (command.length < 14) return undefined;
  const handle = readUint32(command, 10);
  switch (ordinalOf(command)) {
    case TPM_ORD.EvictKey:
      return table.find(contextId, 'key', handle);
    case TPM_ORD.Terminate_Handle:
      return table.find(contextId, 'authSession', handle);
    case TPM_ORD.FlushSpecific: {
      const kind = command.length === 18 ? kindOfResourceType(readUint32(command, 14)) : undefined;
      return kind === undefined ? undefined : table.find(contextId, kind, handle);
    }
    default:
      return undefined;
  }
}
