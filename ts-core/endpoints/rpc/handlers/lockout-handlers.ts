import type { Application } from '../../../application/application.js';
import type { LockoutSummary } from '../../../domain/lockout/lockout-summary.js';
import { type LockoutVerdict, lockedOutUntilText } from '../../../domain/lockout/lockout-window.js';
import type { Handlers } from '../handler.js';
import type * as contract from '../protocol/lockout.js';

export function lockoutHandlers({ lockout, userNames }: Application): Handlers<typeof contract> {
  const state = async (summary: LockoutSummary): Promise<contract.Lockout> =>
    lockoutState(summary, await userNames.namesOf(summary.users.map(({ userKey }) => userKey)));
  return {
    lockoutGet: ({ caller }) => state(lockout.get(caller)),
    lockoutReset: async ({ caller }, params) => state(await lockout.reset(caller, params?.user)),
  };
}

function lockoutState(summary: LockoutSummary, names: ReadonlyMap<string, string>): contract.Lockout {
  const { thresholds, users, verdictForOthers } = summary;
  return {
    durationMinutes: thresholds.windowMinutes,
    individualThreshold: thresholds.individualThreshold,
    totalThreshold: thresholds.totalThreshold,
    totalFailures: summary.totalFailures,
    totalLockedOut: !verdictForOthers.open,
    totalFreesAt: lockedOutUntil(verdictForOthers),
    users: users.map(({ userKey, failures, verdict, agesOutAt }) => ({
      userKey,
      userName: names.get(userKey) ?? null,
      failures,
      lockedOut: !verdict.open,
      freesAt: lockedOutUntil(verdict),
      failuresAgeOutAt: agesOutAt.map(isoTime),
    })),
    notes: notesOf(summary),
  };
}

function notesOf({ countingOff, thresholds }: LockoutSummary): readonly string[] {
  const notes: string[] = [];
  if (countingOff) notes.push('The window is 0 minutes: failures are not counted.');
  if (thresholds.individualThreshold === 0 || thresholds.totalThreshold === 0) {
    notes.push('A threshold is 0: standard users may send no command that carries an authorization.');
  }
  return notes;
}

function lockedOutUntil(verdict: LockoutVerdict): string | null {
  return verdict.open ? null : lockedOutUntilText(verdict.lockedOutUntil);
}

function isoTime(wallClockMs: number): string {
  return new Date(wallClockMs).toISOString();
}
