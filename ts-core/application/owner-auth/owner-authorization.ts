/** The use cases of the owner authorization, joined together over the ports. */
import { effectiveAuthLevel } from '../../domain/owner-auth/effective-level.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import type { Crypto12 } from '../../domain/tpm12/crypto12.js';
import type { KeyAlgorithm20 } from '../../domain/tpm20/keys.js';
import type { Virtualizer } from '../../domain/virtualization/virtualizer.js';
import type { Dispatcher } from '../commands/dispatcher.js';
import type { Events } from '../events/events.js';
import type { ManagePhysicalPresence } from '../firmware/manage-physical-presence.js';
import type { LockoutBook } from '../lockout/lockout-service.js';
import type { Clock, Log, OwnerAuthDirectory, OwnerAuthFiles, PolicyStore, StateStore } from '../ports.js';
import { BrokerContext } from './broker-context.js';
import { OwnerAuthChange } from './change-owner-auth.js';
import { DirectoryBackup } from './directory-backup.js';
import { RawChangeWatch } from './external-owner-change-monitor.js';
import { KeptSecrets } from './kept-secrets.js';
import { ManageBackup } from './manage-backup.js';
import { ManageOwnerAuth } from './manage-owner-auth.js';
import { ManageProvisioning } from './manage-provisioning.js';
import { OwnerAuthKeeper } from './owner-auth-coordinator.js';
import { OwnerAuthRecords } from './owner-auth-record.js';
import { ProvisioningSteps } from './provisioning-steps.js';
import { ReportTpm } from './report-tpm.js';
import { Tpm12Owner } from './tpm12-owner.js';
import { Tpm20Owner } from './tpm20-owner.js';
import { TpmLockoutWatch } from './watch-tpm-lockout.js';

export interface OwnerAuthorizationParts {
  readonly version: TpmVersion;
  readonly dispatcher: Dispatcher;
  readonly virtualizer: Virtualizer;
  readonly store: StateStore;
  readonly policy: PolicyStore;
  readonly files: OwnerAuthFiles;
  readonly crypto: Crypto12;
  readonly directory: OwnerAuthDirectory | undefined;
  /** Of storage root and endorsement key of a TPM 2.0. */
  readonly keyAlgorithm: KeyAlgorithm20 | 'auto';
  readonly lockout: LockoutBook;
  readonly firmware: ManagePhysicalPresence;
  readonly events: Events;
  readonly clock: Clock;
  readonly log: Log;
}

export interface OwnerAuthorization {
  readonly keeper: OwnerAuthKeeper;
  readonly rawChanges: RawChangeWatch;
  readonly ownerAuth: ManageOwnerAuth;
  readonly provisioning: ManageProvisioning;
  readonly backup: ManageBackup;
  readonly tpm: ReportTpm;
  readonly lockoutWatch: TpmLockoutWatch;
  /** Recovers, follows the level and provisions, as far as each is due. Never rejects. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function ownerAuthorization(parts: OwnerAuthorizationParts): OwnerAuthorization {
  const { version, policy, store, crypto, events, clock, log, directory } = parts;
  const settings = () => policy.current().settings;
  const context = new BrokerContext(parts.dispatcher, parts.virtualizer);
  const tpm = version === '2.0' ? new Tpm20Owner(context, crypto) : new Tpm12Owner(context, crypto);
  const records = new OwnerAuthRecords(store);
  const secrets = new KeptSecrets({ files: parts.files, tpm, crypto, log });
  const backup = new DirectoryBackup({ directory, settings, records, events, clock });
  const change = new OwnerAuthChange({ tpm, secrets, records, backup, events, log });
  const rawChanges = new RawChangeWatch({ store, tpm, secrets, records, events, log });
  const level = () => effectiveAuthLevel(policy.current(), store.get('localAuthLevel')?.level).level;
  const lockoutWatch = new TpmLockoutWatch(tpm, events, log);
  const keeper = new OwnerAuthKeeper({
    ...{ tpm, context, secrets, records, change, backup, rawChanges, crypto, level, events, clock, log },
    firmware: parts.firmware,
    lockoutWatch,
  });
  const provisioning = new ManageProvisioning(
    keeper,
    new ProvisioningSteps(keeper, settings, parts.keyAlgorithm),
    clock,
    log,
  );
  return {
    keeper,
    rawChanges,
    ownerAuth: new ManageOwnerAuth(keeper, parts.lockout),
    provisioning,
    backup: new ManageBackup(keeper),
    tpm: new ReportTpm(keeper),
    lockoutWatch,
    start: async () => {
      await keeper.start();
      await provisioning.start();
    },
    stop: async () => {
      keeper.stop();
      await directory?.close();
    },
  };
}
