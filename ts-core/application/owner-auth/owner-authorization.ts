/** Connects the use cases of the owner authorization with each other and with the ports. */
import { effectiveAuthLevel } from '../../domain/owner-auth/effective-level.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import type { Crypto12 } from '../../domain/tpm12/crypto12.js';
import type { KeyAlgorithm } from '../../domain/tpm20/keys.js';
import type { Virtualizer } from '../../domain/virtualization/virtualizer.js';
import type { Dispatcher } from '../commands/dispatcher.js';
import type { Events } from '../events/events.js';
import type { ManagePhysicalPresence } from '../firmware/manage-physical-presence.js';
import type { LockoutService } from '../lockout/lockout-service.js';
import type { Log } from '../ports/logs.js';
import type { Clock } from '../ports/operating-system.js';
import type { OwnerAuthDirectory, OwnerAuthFiles } from '../ports/owner-auth-stores.js';
import type { PolicyStore } from '../ports/policy-store.js';
import type { StateStore } from '../ports/state-store.js';
import { BrokerContext } from './broker-context.js';
import { DirectoryBackup } from './directory-backup.js';
import { ExternalOwnerChangeMonitor } from './external-owner-change-monitor.js';
import { Hierarchies } from './hierarchies.js';
import { KeptSecrets } from './kept-secrets.js';
import { LockoutAuthorizationWatch } from './lockout-authorization-watch.js';
import { ManageBackup } from './manage-backup.js';
import { ManageOwnerAuth } from './manage-owner-auth.js';
import { ManageProvisioning } from './manage-provisioning.js';
import { OwnerAuthChange } from './owner-auth-change.js';
import { OwnerAuthCoordinator } from './owner-auth-coordinator.js';
import { OwnerAuthRecords } from './owner-auth-record.js';
import { ProvisioningSteps } from './provisioning-steps.js';
import { ReportTpm } from './report-tpm.js';
import { TpmLockoutWatch } from './tpm-lockout-watch.js';
import { Tpm12Owner } from './tpm12-owner.js';
import { Tpm20Owner } from './tpm20-owner.js';

export interface OwnerAuthorizationParts {
  readonly version: TpmVersion;
  readonly dispatcher: Dispatcher;
  readonly virtualizer: Virtualizer;
  readonly store: StateStore;
  readonly policy: PolicyStore;
  readonly files: OwnerAuthFiles;
  readonly crypto: Crypto12;
  readonly directory: OwnerAuthDirectory | undefined;
  /** The algorithm of the storage root key and the endorsement key of a TPM 2.0. */
  readonly keyAlgorithm: KeyAlgorithm | 'auto';
  readonly lockout: LockoutService;
  readonly firmware: ManagePhysicalPresence;
  readonly events: Events;
  readonly clock: Clock;
  readonly log: Log;
}

export interface OwnerAuthorization {
  readonly coordinator: OwnerAuthCoordinator;
  readonly externalChanges: ExternalOwnerChangeMonitor;
  readonly ownerAuth: ManageOwnerAuth;
  readonly provisioning: ManageProvisioning;
  readonly backup: ManageBackup;
  readonly tpm: ReportTpm;
  readonly lockoutWatch: TpmLockoutWatch;
  readonly lockoutAuthorization: LockoutAuthorizationWatch;
  /** Recovers, applies the level and provisions the TPM, as far as each is due. Never rejects. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function ownerAuthorization(parts: OwnerAuthorizationParts): OwnerAuthorization {
  const { version, policy, store, crypto, events, clock, log, directory } = parts;
  const policyInForce = () => policy.current();
  const context: BrokerContext = new BrokerContext(parts.dispatcher, parts.virtualizer, (command, response) =>
    lockoutAuthorization.answered(command, response),
  );
  const handlesOf = (command: Uint8Array) => parts.virtualizer.handlesOf(command);
  const lockoutAuthorization = new LockoutAuthorizationWatch({
    ...{ version, context, handlesOf, store, events, clock, log },
  });
  const tpm = version === '2.0' ? new Tpm20Owner(context, crypto) : new Tpm12Owner(context, crypto);
  const records = new OwnerAuthRecords(store);
  const secrets = new KeptSecrets({ files: parts.files, tpm, crypto, log });
  const backup = new DirectoryBackup({ directory, policy: policyInForce, records, events, clock });
  const change = new OwnerAuthChange({ tpm, secrets, records, backup, events, log });
  const externalChanges = new ExternalOwnerChangeMonitor({ store, tpm, secrets, records, events, log });
  const level = () => effectiveAuthLevel(policy.current(), store.get('localAuthLevel')?.level).level;
  const hierarchies = new Hierarchies({ tpm, context, secrets, crypto, level, events });
  const lockoutWatch = new TpmLockoutWatch(tpm, events, log);
  const coordinator = new OwnerAuthCoordinator({
    ...{ tpm, context, secrets, records, change, backup, externalChanges, crypto, level, events, clock, log },
    policy: policyInForce,
    firmware: parts.firmware,
    hierarchies,
    lockoutWatch,
  });
  const steps = new ProvisioningSteps(coordinator, () => policy.current().settings, parts.keyAlgorithm);
  const provisioning = new ManageProvisioning({ coordinator, steps, policy: policyInForce, clock, log });
  return {
    coordinator,
    externalChanges,
    ownerAuth: new ManageOwnerAuth(coordinator, parts.lockout),
    provisioning,
    backup: new ManageBackup(coordinator),
    tpm: new ReportTpm(coordinator, lockoutAuthorization),
    lockoutWatch,
    lockoutAuthorization,
    start: async () => {
      await coordinator.start();
      await provisioning.start();
    },
    stop: async () => {
      coordinator.stop();
      await lockoutAuthorization.settled();
      await directory?.close();
    },
  };
}
