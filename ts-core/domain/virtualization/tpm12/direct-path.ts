/** The short way of a TPM 1.2 command whose keys and sessions are in the TPM and that makes nothing new. */
import type { DirectPath } from '../virtualizer.js';
import { createdKind, ordinalOf } from './command-shape.js';
import type { Binding } from './handle-translation.js';
import { SPECIAL_COMMANDS } from './special-commands.js';
import type { Tpm12Virtualizer } from './tpm12-virtualizer.js';

const NO_COMMAND = new Uint8Array();
const NO_BINDINGS: readonly Binding[] = [];

export class Tpm12DirectPath implements DirectPath {
  #contextId = 0;
  #command: Uint8Array = NO_COMMAND;
  #bindings: readonly Binding[] = NO_BINDINGS;

  constructor(private readonly virtualizer: Tpm12Virtualizer) {}

  begin(contextId: number, command: Uint8Array): Uint8Array | null {
    const { table, translation } = this.virtualizer;
    if (this.virtualizer.synchronization.isDue || !table.hasContext(contextId)) return null;
    const ordinal = ordinalOf(command);
    if (SPECIAL_COMMANDS.has(ordinal) || createdKind(ordinal) !== undefined) return null;
    const resolution = translation.resolve(contextId, command);
    if (!resolution.ok || !resolution.bindings.every(isReady)) return null;
    this.#contextId = contextId;
    this.#command = command;
    this.#bindings = resolution.bindings;
    if (this.#bindings.length === 0) return command;
    for (const { resource } of this.#bindings) if (resource !== undefined) table.touch(resource);
    const physical = command.slice();
    translation.toPhysical(physical, this.#bindings);
    return physical;
  }

  complete(response: Uint8Array): Uint8Array {
    const { translation } = this.virtualizer;
    this.virtualizer.takeIn(translation.absorb(this.#contextId, this.#command, this.#bindings, response, true));
    this.#forget();
    return response;
  }

  failed(): void {
    this.virtualizer.synchronization.isDue = true;
    this.#forget();
  }

  #forget(): void {
    this.#command = NO_COMMAND;
    this.#bindings = NO_BINDINGS;
  }
}

function isReady({ resource }: Binding): boolean {
  return resource === undefined || resource.physicalHandle !== undefined;
}
