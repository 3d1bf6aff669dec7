/** What the TPM says that it has, against what the table believes. */
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_CAP, TPM_RT } from '../../tpm12/codes.js';
import { getCapability } from '../../tpm12/commands.js';
import { handleListOf } from '../../tpm12/responses.js';
import type { HandleTranslation } from './handle-translation.js';
import type { HeldResource, ResourceTable } from './resource-table.js';

const SYNCHRONIZED: readonly (readonly [HeldResource['kind'], number])[] = [
  ['authSession', TPM_RT.AUTH],
  ['transportSession', TPM_RT.TRANS],
  ['key', TPM_RT.KEY],
];

/** The handles of a type that are in the TPM; undefined when it does not say. */
export function* listHandles(resourceType: number): Exchange<readonly number[] | undefined> {
  return handleListOf(yield getCapability(TPM_CAP.HANDLE, resourceType));
}

export class Synchronization {
  /** A transfer failed, or a command ended sessions: the TPM must be asked before the next command. */
  isDue = false;

  constructor(
    private readonly table: ResourceTable,
    private readonly translation: HandleTranslation,
    private readonly changed: () => void,
  ) {}

  /** Takes out of the table what the TPM does not have any more. */
  *run(): Exchange<void> {
    for (const [kind, type] of SYNCHRONIZED) {
      const existing = yield* listHandles(type);
      if (existing === undefined) continue;
      const known = new Set(existing);
      for (const resource of [...this.table.all()]) {
        if (resource.kind !== kind || resource.physicalHandle === undefined) continue;
        if (!known.has(resource.physicalHandle)) this.#lost(resource);
      }
    }
    this.isDue = false;
  }

  *runIfDue(): Exchange<void> {
    if (this.isDue) yield* this.run();
  }

  /** Learns which keys in the TPM are nobody's. */
  *refreshForeignKeys(): Exchange<void> {
    const loaded = yield* listHandles(TPM_RT.KEY);
    if (loaded !== undefined) this.noteLoadedKeys(loaded);
  }

  /** Owner-evict keys are everybody's, whoever made them so. */
  noteLoadedKeys(loaded: readonly number[]): void {
    this.translation.foreignKeys = new Set(
      loaded.filter((handle) => {
        const held = this.table.residentAt('key', handle);
        return held === undefined || (held.kind === 'key' && held.ownerEvict);
      }),
    );
  }

  /** A key with a blob can come back; everything else is gone. */
  #lost(resource: HeldResource): void {
    if (resource.kind === 'key' && resource.blob !== undefined && !resource.ownerEvict) {
      resource.physicalHandle = undefined;
    } else {
      this.table.remove(resource);
    }
    this.changed();
  }
}
