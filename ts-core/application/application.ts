/** Every use case, as the endpoints get them. */
import type { CommandLists } from './command-lists.js';
import type { Events } from './events.js';
import type { ManagePhysicalPresence } from './firmware/manage-physical-presence.js';
import type { ReportEventLog } from './firmware/report-event-log.js';
import type { ManageAuthLevel } from './manage-auth-level.js';
import type { ManageBlockLists } from './manage-block-lists.js';
import type { ManageContexts } from './manage-contexts.js';
import type { ManageLockout } from './manage-lockout.js';
import type { ManagePolicy } from './manage-policy.js';
import type { ManagePower } from './manage-power.js';
import type { ManageResources } from './manage-resources.js';
import type { ManageBackup } from './owner-auth/manage-backup.js';
import type { ManageOwnerAuth } from './owner-auth/manage-owner-auth.js';
import type { ManageProvisioning } from './owner-auth/manage-provisioning.js';
import type { ReportTpm } from './owner-auth/report-tpm.js';
import type { RevokeAttestation } from './revoke-attestation.js';
import type { ReportStatus } from './status/report-status.js';
import type { CommandService } from './submit-command.js';
import type { UserNames } from './user-names.js';

export interface Application {
  readonly commands: CommandService;
  readonly contexts: ManageContexts;
  readonly blockLists: ManageBlockLists;
  readonly commandLists: CommandLists;
  readonly lockout: ManageLockout;
  readonly policy: ManagePolicy;
  readonly authLevel: ManageAuthLevel;
  readonly ownerAuth: ManageOwnerAuth;
  readonly provisioning: ManageProvisioning;
  readonly ownerAuthBackup: ManageBackup;
  readonly tpm: ReportTpm;
  readonly status: ReportStatus;
  readonly resources: ManageResources;
  readonly power: ManagePower;
  readonly eventLog: ReportEventLog;
  readonly physicalPresence: ManagePhysicalPresence;
  readonly attestation: RevokeAttestation;
  readonly events: Events;
  readonly userNames: UserNames;
  /** Drains and stops the broker; resolves when the stop has begun. */
  readonly requestStop: (drainTimeoutMs: number) => void;
}
