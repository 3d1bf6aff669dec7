/** Gathers the state of the machine for Export-TbsReport: each part as an observer sees it. */
import type { Caller } from '../../domain/caller.js';
import type { CommandExplanation } from '../../domain/filter/explain-command.js';
import type { LockoutSummary } from '../../domain/lockout/lockout-summary.js';
import type { EffectiveAuthLevel } from '../../domain/owner-auth/effective-level.js';
import { asTbsError } from '../../domain/tbs-error.js';
import type { DeviceFacts } from '../../domain/tpm/device-facts.js';
import type { Application } from '../application.js';
import type { EventLogTest } from '../firmware/report-event-log.js';
import type { BackupReport } from '../owner-auth/manage-backup.js';
import type { PolicyReportContent } from '../policy/policy-report.js';
import type { AuditEvent } from '../ports/logs.js';
import type { StatusReport } from '../status/report-status.js';

export interface MachineReportContent {
  readonly computer: string;
  readonly timeMs: number;
  readonly device: DeviceFacts;
  readonly transport: string;
  readonly status: StatusReport;
  readonly lockout: LockoutSummary;
  /** Oldest first. */
  readonly refusals: readonly AuditEvent[];
  readonly policy: PolicyReportContent;
  readonly commands: readonly (readonly CommandExplanation[])[];
  readonly authLevel: EffectiveAuthLevel;
  readonly backup: BackupReport;
  readonly boot: EventLogTest | { readonly problem: string };
  readonly nameOf: (userKey: string) => string;
}

type Sources = Pick<
  Application,
  | 'status'
  | 'lockout'
  | 'events'
  | 'policy'
  | 'blockLists'
  | 'authLevel'
  | 'ownerAuthBackup'
  | 'eventLog'
  | 'userNames'
  | 'recentAnswers'
>;

export async function gatherMachineReport(
  {
    status,
    lockout,
    events,
    policy,
    blockLists,
    authLevel,
    ownerAuthBackup,
    eventLog,
    userNames,
    recentAnswers,
  }: Sources,
  caller: Caller,
): Promise<MachineReportContent> {
  const boot = await recentAnswers
    .for(caller, 'report/boot', () => eventLog.test())
    .catch((error: unknown) => ({ problem: asTbsError(error).message }));
  const policyContent = policy.reportContent();
  const statusReport = await recentAnswers.for(caller, 'status/get', () => status.get());
  const lockouts = lockout.get(caller);
  const refusals = events.pastRefusals(caller);
  const names = await userNames.namesOf([
    ...lockouts.users.map(({ userKey }) => userKey),
    ...refusals.flatMap(({ userKey }) => userKey ?? []),
  ]);
  return {
    computer: policyContent.computer,
    timeMs: policyContent.time.getTime(),
    device: status.device,
    transport: status.transportDescription,
    status: statusReport,
    lockout: lockouts,
    refusals,
    policy: policyContent,
    commands: blockLists.list(undefined, undefined),
    authLevel: authLevel.get(),
    backup: ownerAuthBackup.get(),
    boot,
    nameOf: (userKey) => names.get(userKey) ?? userKey,
  };
}
