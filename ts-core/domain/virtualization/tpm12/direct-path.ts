/**
 * Judges commands by the tables alone: which take one round trip because everything they need is in the TPM, and
 * whether a waiting command would need swapping.
 */
import { commandCodeOf, HEADER_BYTES, readUint32 } from '../../tpm/command-header.js';
import { TPM_ORD } from '../../tpm12/codes.js';
import { createdKind } from '../../tpm12/command-shape.js';
import { wrappedCommandOf } from '../../tpm12/transport.js';
import type { DirectPath, SwapNeed } from '../virtualizer.js';
import { kindOfResourceType, type VirtualContext } from './handles.js';
import { applyResponse, type Binding, resolveHandles, writePhysicalHandles } from './pass-through.js';
import { findResource, type Resource } from './sessions.js';
import { SPECIAL_COMMANDS } from './special-commands.js';
import type { VirtualizerParts } from './virtualizer-parts.js';

/** The command that the TPM is executing, as the caller sent it. */
interface RunningCommand {
  readonly context: VirtualContext;
  readonly command: Uint8Array;
  readonly bindings: readonly Binding[];
}

/** The direct path for commands that create nothing and whose keys and sessions are in the TPM. */
export class Tpm12DirectPath implements DirectPath {
  #running: RunningCommand | undefined;
  readonly #parts: () => VirtualizerParts;

  constructor(parts: () => VirtualizerParts) {
    this.#parts = parts;
  }

  begin(contextId: number, command: Uint8Array): Uint8Array | null {
    const parts = this.#parts();
    const context = parts.contexts.get(contextId);
    if (parts.reconciliation.isDue || context === undefined) return null;
    const ordinal = commandCodeOf(command);
    if (SPECIAL_COMMANDS.has(ordinal) || createdKind(ordinal) !== undefined) return null;
    const resolution = resolveHandles(parts, context, command);
    if (!resolution.ok || !resolution.bindings.every(isReady)) return null;
    const { bindings } = resolution;
    this.#running = { context, command, bindings };
    if (bindings.length === 0) return command;
    for (const { resource } of bindings) if (resource !== undefined) parts.swapping.touch(resource);
    const physical = command.slice();
    writePhysicalHandles(physical, bindings);
    return physical;
  }

  complete(response: Uint8Array): Uint8Array {
    if (this.#running !== undefined) {
      const { context, command, bindings } = this.#running;
      applyResponse(this.#parts(), context, command, bindings, response);
    }
    this.#running = undefined;
    return response;
  }

  failed(): void {
    this.#parts().reconciliation.isDue = true;
    this.#running = undefined;
  }
}

function isReady({ resource }: Binding): boolean {
  return resource === undefined || resource.physicalHandle !== undefined;
}

type Tables = Pick<VirtualizerParts, 'keys' | 'sessions'>;

/** Returns whether a command of a context would need swapping, as far as the table shows. Sends and changes nothing. */
export function swapNeed(parts: Tables, context: VirtualContext, command: Uint8Array): SwapNeed {
  const ended = endedBy(parts, context, command);
  // A saved resource is ended where it is; nothing is loaded for that.
  if (ended !== undefined) return ended.physicalHandle === undefined ? 'none' : 'resident';
  const inner = commandCodeOf(command) === TPM_ORD.ExecuteTransport ? wrappedCommandOf(command) : undefined;
  let need: SwapNeed = 'none';
  for (const part of inner === undefined ? [command] : [command, inner]) {
    const resolution = resolveHandles(parts, context, part);
    if (!resolution.ok) return 'none';
    for (const { resource } of resolution.bindings) {
      if (resource === undefined) continue;
      if (resource.physicalHandle === undefined) return 'swap';
      need = 'resident';
    }
  }
  return need;
}

/** Returns the resource that a command flushes. */
function endedBy({ sessions }: Tables, context: VirtualContext, command: Uint8Array): Resource | undefined {
  const handle = readUint32(command, HEADER_BYTES);
  const ordinal = commandCodeOf(command);
  if (ordinal === TPM_ORD.EvictKey) return context.key(handle);
  if (ordinal === TPM_ORD.Terminate_Handle) return sessions.loadedIn(context, 'authSession', handle);
  if (ordinal !== TPM_ORD.FlushSpecific) return undefined;
  const kind = kindOfResourceType(readUint32(command, HEADER_BYTES + 4));
  return kind === undefined ? undefined : findResource(sessions, context, kind, handle);
}
