/**
 * Computes when a user is locked out and until when, from the moments of failures inside the window. Pure arithmetic.
 */
import type { PolicySettings } from '../policy/settings.js';

export interface LockoutThresholds {
  /** Length of the sliding window: a failure counts while it is at most this old. 0: nothing counts. */
  readonly windowMinutes: number;
  /** Failures of one user that lock this user out. 0: always locked out. */
  readonly individualThreshold: number;
  /** Failures of all standard users that lock all of them out. 0: always locked out. */
  readonly totalThreshold: number;
}

/** The cause of a lockout: this user's failures, everybody's, or a threshold of 0, which does not expire. */
export type LockoutScope = 'user' | 'total' | 'threshold0';

export type LockoutVerdict =
  | { readonly open: true }
  | {
      readonly open: false;
      readonly scope: LockoutScope;
      /**
       * Wall clock (milliseconds since 1970) at which the lockout ends if nothing else fails; null: never by waiting.
       */
      readonly lockedOutUntil: number | null;
      /** Counted failures within the scope. */
      readonly failures: number;
      readonly threshold: number;
    };

/** A moment on the boot-time clock together with the wall clock's view of it. */
export interface WindowMoment {
  readonly bootTimeMs: number;
  readonly wallClockMs: number;
}

/** The ledger stores no more failures than this, and thresholds are capped here so that they can be reached. */
export const MAX_FAILURES = 4096;

const OPEN: LockoutVerdict = { open: true };

/** Returns the lockout settings of policy as thresholds. */
export function thresholdsOf(settings: PolicySettings): LockoutThresholds {
  return {
    windowMinutes: settings.standardUserAuthorizationFailureDurationMinutes,
    individualThreshold: settings.standardUserAuthorizationFailureIndividualThreshold,
    totalThreshold: settings.standardUserAuthorizationFailureTotalThreshold,
  };
}

/**
 * Decides whether a user is locked out.
 *
 * @param userMoments the user's failures, @param allMoments everybody's: boot-time clock, oldest first.
 */
export function judgeLockout(
  userMoments: readonly number[],
  allMoments: readonly number[],
  now: WindowMoment,
  thresholds: LockoutThresholds,
): LockoutVerdict {
  const { individualThreshold, totalThreshold, windowMinutes } = thresholds;
  if (individualThreshold === 0 || totalThreshold === 0) {
    const failures =
      windowMinutes === 0 ? 0 : allMoments.length - firstCounted(allMoments, now.bootTimeMs, windowMinutes);
    return { open: false, scope: 'threshold0', lockedOutUntil: null, failures, threshold: 0 };
  }
  if (windowMinutes === 0) return OPEN;
  const byUser = judgeScope('user', userMoments, now, thresholds, individualThreshold);
  const byTotal = judgeScope('total', allMoments, now, thresholds, totalThreshold);
  if (byUser === undefined || byTotal === undefined) return byUser ?? byTotal ?? OPEN;
  return byUser.lockedOutUntil >= byTotal.lockedOutUntil ? byUser : byTotal;
}

/** A lockout that ends by waiting. */
type LockedOut = Extract<LockoutVerdict, { open: false }> & { readonly lockedOutUntil: number };

/** Returns the lockout that follows from these failures; undefined if they are fewer than the threshold. */
function judgeScope(
  scope: LockoutScope,
  moments: readonly number[],
  now: WindowMoment,
  { windowMinutes }: LockoutThresholds,
  configuredThreshold: number,
): LockedOut | undefined {
  const threshold = Math.min(configuredThreshold, MAX_FAILURES);
  const failures = moments.length - firstCounted(moments, now.bootTimeMs, windowMinutes);
  if (failures < threshold) return undefined;
  // The lockout ends once fewer failures than the threshold count: when this one leaves the window.
  const deciding = moments[moments.length - threshold] as number;
  return { open: false, scope, lockedOutUntil: agesOutAt(deciding, now, windowMinutes), failures, threshold };
}

/**
 * Returns the wall-clock time at which a failure no longer counts: its age is one millisecond above the window then.
 */
export function agesOutAt(momentMs: number, now: WindowMoment, windowMinutes: number): number {
  return now.wallClockMs + (momentMs - now.bootTimeMs) + windowMinutes * 60_000 + 1;
}

/**
 * Formats `lockedOutUntil`: UTC, rounded up to a whole second. The two clocks behind it are read one after the other,
 * so its milliseconds vary from call to call, but everybody should see the same time for one lockout.
 */
export function lockedOutUntilText(lockedOutUntil: number | null): string | null {
  return lockedOutUntil === null ? null : new Date(Math.ceil(lockedOutUntil / 1000) * 1000).toISOString();
}

/** Returns the index of the oldest failure that counts (age at most the window); the length if none does. */
export function firstCounted(moments: readonly number[], bootTimeMs: number, windowMinutes: number): number {
  const oldest = bootTimeMs - windowMinutes * 60_000;
  let low = 0;
  let high = moments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((moments[middle] as number) < oldest) low = middle + 1;
    else high = middle;
  }
  return low;
}
