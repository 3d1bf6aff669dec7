/** What is remembered of the owner authorization beside its secrets: in the state store, under one name. */
import { OneAtATime } from '../../domain/one-at-a-time.js';
import type { OsManagedAuthLevel } from '../../domain/policy/settings.js';
import type { DirectoryBackupForm } from '../ports/owner-auth-stores.js';
import type { StateStore } from '../ports/state-store.js';

export type AutoProvisioning = 'NotDefined' | 'Enabled' | 'Disabled' | 'DisabledForNextBoot';

/** TPM 1.2: the family of the delegations in force. */
export interface DelegationFamily {
  readonly id: number;
}

export interface BackupRecord {
  readonly lastSuccess: { readonly time: string; readonly server: string; readonly target: string } | null;
  readonly lastFailure: { readonly time: string; readonly reason: string; readonly message: string } | null;
  readonly form: DirectoryBackupForm | null;
}

export interface OwnerAuthRecord {
  /** The level that the kept material fits; undefined until the first time. */
  readonly appliedLevel: OsManagedAuthLevel | undefined;
  readonly autoProvisioning: AutoProvisioning;
  /** The boot for which automatic provisioning is off (DisabledForNextBoot). */
  readonly disabledSinceBoot: string | undefined;
  /** TPM 1.2: ownership was taken with the well-known secret, and the real one is not set yet. */
  readonly wellKnownOwner: boolean;
  readonly family: DelegationFamily | undefined;
  /** The dictionary-attack parameters were set when the TPM was provisioned; later an administrator's are left alone. */
  readonly lockoutParametersSet: boolean;
  readonly backup: BackupRecord;
}

const NAME = 'feature:ownerAuth';

const INITIAL: OwnerAuthRecord = {
  appliedLevel: undefined,
  autoProvisioning: 'NotDefined',
  disabledSinceBoot: undefined,
  wellKnownOwner: false,
  family: undefined,
  lockoutParametersSet: false,
  backup: { lastSuccess: null, lastFailure: null, form: null },
};

export class OwnerAuthRecords {
  #record: OwnerAuthRecord;
  readonly #updates = new OneAtATime();
  readonly #store: StateStore;

  constructor(store: StateStore) {
    this.#store = store;
    const kept = store.get(NAME);
    this.#record = typeof kept === 'object' && kept !== null ? { ...INITIAL, ...kept } : INITIAL;
  }

  get current(): OwnerAuthRecord {
    return this.#record;
  }

  /** Resolves when it is durable. Updates go one after the other: each has what the one before has changed. */
  update(change: Partial<OwnerAuthRecord>): Promise<void> {
    return this.#updates.run(async () => {
      const record = { ...this.#record, ...change };
      await this.#store.put(NAME, record);
      this.#record = record;
    });
  }
}
