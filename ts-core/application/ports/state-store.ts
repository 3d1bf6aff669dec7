/** The broker's stored records. */
import type { LocalCommandLists } from '../../domain/filter/local-command-lists.js';
import type { FailureLedgerState } from '../../domain/lockout/failure-ledger.js';
import type { OsManagedAuthLevel } from '../../domain/policy/settings.js';
import type { VirtualizerSnapshot } from '../../domain/virtualization/virtualizer.js';

export interface StateStore {
  get<Name extends keyof StateRecords>(name: Name): StateRecords[Name] | undefined;
  /**
   * Resolves when the record is durable; rejects with TBS_E_INTERNAL_ERROR (details: reason) if it cannot be stored.
   */
  put<Name extends keyof StateRecords>(name: Name, value: StateRecords[Name]): Promise<void>;
  delete(name: keyof StateRecords): Promise<void>;
  close(): Promise<void>;
}

/** The broker's stored records. Each is replaced as a whole. Owner authorization material is stored elsewhere. */
export interface StateRecords {
  readonly localCommandLists: LocalCommandLists;
  readonly failureLedger: FailureLedgerState;
  readonly localAuthLevel: { readonly level: OsManagedAuthLevel };
  readonly virtualizer: VirtualizerSnapshot;
  /**
   * Records of other features: JSON values under the feature's own name, which the feature validates when it reads
   * them.
   */
  readonly [feature: `feature:${string}`]: unknown;
}
