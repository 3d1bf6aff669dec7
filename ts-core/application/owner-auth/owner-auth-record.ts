/** What the state store records about the owner authorization, besides its secrets, under one name. */
import { OneAtATime } from '../../domain/one-at-a-time.js';
import type { BackupFailureReason } from '../../domain/owner-auth/backup-failure.js';
import type { OsManagedAuthLevel } from '../../domain/policy/settings.js';
import type { DirectoryBackupForm } from '../ports/owner-auth-stores.js';
import type { StateStore } from '../ports/state-store.js';

export type AutoProvisioning = 'NotDefined' | 'Enabled' | 'Disabled' | 'DisabledForNextBoot';

/** TPM 1.2: the family of the delegations that are in force. */
export interface DelegationFamily {
  readonly id: number;
}

export interface BackupRecord {
  readonly lastSuccess: { readonly time: string; readonly server: string; readonly target: string } | null;
  readonly lastFailure: {
    readonly time: string;
    readonly reason: BackupFailureReason;
    readonly message: string;
  } | null;
  readonly form: DirectoryBackupForm | null;
}

export interface OwnerAuthRecord {
  /** The level that the stored material fits; undefined until it is first applied. */
  readonly appliedLevel: OsManagedAuthLevel | undefined;
  readonly autoProvisioning: AutoProvisioning;
  /** The boot for which automatic provisioning is off (DisabledForNextBoot). */
  readonly disabledSinceBoot: string | undefined;
  /** TPM 1.2: ownership was taken with the well-known secret, and the final one is not set yet. */
  readonly wellKnownOwner: boolean;
  readonly family: DelegationFamily | undefined;
  /**
   * Whether provisioning has set the dictionary-attack parameters; it does so once, and leaves an administrator's later
   * values alone.
   */
  readonly lockoutParametersSet: boolean;
  readonly backup: BackupRecord;
}

export const OWNER_AUTH_RECORD = 'feature:ownerAuth';

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
    const kept = store.get(OWNER_AUTH_RECORD);
    this.#record = typeof kept === 'object' && kept !== null ? { ...INITIAL, ...kept } : INITIAL;
  }

  get current(): OwnerAuthRecord {
    return this.#record;
  }

  /** Resolves when the update is durable. Updates run one after the other, each on the result of the one before. */
  update(change: Partial<OwnerAuthRecord>): Promise<void> {
    return this.#updates.run(async () => {
      const record = { ...this.#record, ...change };
      await this.#store.put(OWNER_AUTH_RECORD, record);
      this.#record = record;
    });
  }
}

/** Returns the part of a stored record that applies to the machine with any TPM; undefined if there is none. */
export function settingsOfMachine(
  kept: unknown,
): Pick<OwnerAuthRecord, 'autoProvisioning' | 'disabledSinceBoot'> | undefined {
  if (typeof kept !== 'object' || kept === null) return undefined;
  const { autoProvisioning, disabledSinceBoot } = { ...INITIAL, ...kept };
  return { autoProvisioning, disabledSinceBoot };
}
