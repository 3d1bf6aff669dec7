/** Reconciles the tables with what the TPM reports. */
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_RT } from '../../tpm12/codes.js';
import type { ResourceKind } from '../../tpm12/command-shape.js';
import { listHandles } from './broker-commands.js';
import type { Keys } from './handles.js';
import type { Resource, Sessions } from './sessions.js';

const COMPARED: readonly (readonly [ResourceKind, number])[] = [
  ['authSession', TPM_RT.AUTH],
  ['transportSession', TPM_RT.TRANS],
  ['key', TPM_RT.KEY],
];

export class Reconciliation {
  /** A transfer failed, or a command ended sessions: the TPM must be asked before the next command. */
  isDue = false;
  readonly #keys: Keys;
  readonly #sessions: Sessions;
  readonly #changed: () => void;

  constructor(keys: Keys, sessions: Sessions, changed: () => void) {
    this.#keys = keys;
    this.#sessions = sessions;
    this.#changed = changed;
  }

  /** Removes from the table what the TPM no longer has. */
  *run(): Exchange<void> {
    for (const [kind, type] of COMPARED) {
      const existing = yield* listHandles(type);
      if (existing === undefined) continue;
      const known = new Set(existing);
      for (const resource of [...this.#sessions.all(), ...this.#keys.all()]) {
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

  /** Notes which of the loaded keys are not the broker's. Owner-evict keys belong to everybody, whoever loaded them. */
  noteUnmanaged(loaded: readonly number[]): void {
    this.#keys.unmanaged = new Set(
      loaded.filter((handle) => {
        const held = this.#keys.residentAt(handle);
        return held === undefined || held.ownerEvict;
      }),
    );
  }

  /** Records that the TPM no longer has a resource. A key with a blob can be loaded again; everything else is lost. */
  #lost(resource: Resource): void {
    if (resource.kind !== 'key') this.#sessions.ended(resource);
    else if (resource.blob === undefined || resource.ownerEvict) this.#keys.remove(resource);
    else resource.physicalHandle = undefined;
    this.#changed();
  }
}
