/** Every use case, in the form that endpoints call. */

import type { CommandService } from './commands/command-service.js';
import type { ManageContexts } from './contexts/manage-contexts.js';
import type { ManageResources } from './contexts/manage-resources.js';
import type { ManageEventActions } from './event-actions/manage-event-actions.js';
import type { Events } from './events/events.js';
import type { ManagePhysicalPresence } from './firmware/manage-physical-presence.js';
import type { ReportEventLog } from './firmware/report-event-log.js';
import type { ManageLockout } from './lockout/manage-lockout.js';
import type { ManageAuthLevel } from './owner-auth/manage-auth-level.js';
import type { ManageBackup } from './owner-auth/manage-backup.js';
import type { ManageOwnerAuth } from './owner-auth/manage-owner-auth.js';
import type { ManageProvisioning } from './owner-auth/manage-provisioning.js';
import type { ReportTpm } from './owner-auth/report-tpm.js';
import type { RevokeAttestation } from './owner-auth/revoke-attestation.js';
import type { CommandLists } from './policy/command-lists.js';
import type { ManageCommandLists } from './policy/manage-command-lists.js';
import type { ManagePolicy } from './policy/manage-policy.js';
import type { UserNames } from './ports/operating-system.js';
import type { ManagePower } from './power/manage-power.js';
import type { CommandActivityCounter } from './status/command-activity.js';
import type { RecentAnswers } from './status/recent-answers.js';
import type { ReportQueue } from './status/report-queue.js';
import type { ReportStatus } from './status/report-status.js';

export interface Application {
  readonly commands: CommandService;
  readonly contexts: ManageContexts;
  readonly blockLists: ManageCommandLists;
  readonly commandLists: CommandLists;
  readonly lockout: ManageLockout;
  readonly policy: ManagePolicy;
  readonly authLevel: ManageAuthLevel;
  readonly ownerAuth: ManageOwnerAuth;
  readonly provisioning: ManageProvisioning;
  readonly ownerAuthBackup: ManageBackup;
  readonly tpm: ReportTpm;
  readonly status: ReportStatus;
  readonly queueReport: ReportQueue;
  readonly recentCommands: CommandActivityCounter;
  /** Recent answers to the questions about the TPM that any caller may ask at any rate. */
  readonly recentAnswers: RecentAnswers;
  readonly resources: ManageResources;
  readonly power: ManagePower;
  readonly eventLog: ReportEventLog;
  readonly physicalPresence: ManagePhysicalPresence;
  readonly attestation: RevokeAttestation;
  readonly events: Events;
  readonly eventActions: ManageEventActions;
  readonly userNames: UserNames;
  /** Drains and stops the broker. Resolves once the stop has begun, not once it is complete. */
  readonly requestStop: (drainTimeoutMs: number) => void;
}
