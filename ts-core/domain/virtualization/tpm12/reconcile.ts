/** Reconciles the tables with what the TPM reports. */
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_RT } from '../../tpm12/codes.js';
import type { ResourceKind } from '../../tpm12/command-shape.js';
import { listHandles } from './broker-commands.js';
import type { HeldResource, ResourceTable } from './handles.js';

const COMPARED: readonly (readonly [ResourceKind, number])[] = [
  ['authSession', TPM_RT.AUTH],
  ['transportSession', TPM_RT.TRANS],
  ['key', TPM_RT.KEY],
];

export class Reconciliation {
  /** A transfer failed, or a command ended sessions: the TPM must be asked before the next command. */
  isDue = false;
  readonly #table: ResourceTable;
  readonly #changed: () => void;

  constructor(table: ResourceTable, changed: () => void) {
    this.#table = table;
    this.#changed = changed;
  }

  /** Removes from the table what the TPM no longer has. */
  *run(): Exchange<void> {
    for (const [kind, type] of COMPARED) {
      const existing = yield* listHandles(type);
      if (existing === undefined) continue;
      const known = new Set(existing);
      for (const resource of [...this.#table.all()]) {
        if (resource.kind !== kind || resource.physicalHandle === undefined) continue;
        if (!known.has(resource.physicalHandle)) this.#lost(resource);
      }
    }
    this.isDue = false;
  }

  *runIfDue(): Exchange<void> {
    if (this.isDue) yield* this.run();
  }

  /** Finds out which keys in the TPM no context holds. */
  *refreshUnmanagedKeys(): Exchange<void> {
    const loaded = yield* listHandles(TPM_RT.KEY);
    if (loaded !== undefined) this.noteUnmanaged(loaded);
  }

  /** Owner-evict keys belong to everybody, whoever loaded them. */
  noteUnmanaged(loaded: readonly number[]): void {
    this.#table.unmanagedKeys = new Set(
      loaded.filter((handle) => {
        const held = this.#table.residentAt('key', handle);
        return held === undefined || (held.kind === 'key' && held.ownerEvict);
      }),
    );
  }

  /** A key with a blob can be loaded again; everything else is lost. */
  #lost(resource: HeldResource): void {
    if (resource.kind === 'key' && resource.blob !== undefined && !resource.ownerEvict) {
      resource.physicalHandle = undefined;
    } else {
      this.#table.remove(resource);
    }
    this.#changed();
  }
}
