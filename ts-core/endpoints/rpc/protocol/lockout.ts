import { z } from 'zod';
import { method, noParams } from './method.js';

export interface UserLockout {
  readonly userKey: string;
  readonly userName: string | null;
  readonly failures: number;
  readonly lockedOut: boolean;
  /** UTC ISO 8601 at which this user's gate opens again; null when open, or when threshold 0 closes it for good. */
  readonly freesAt: string | null;
  /** UTC ISO 8601 at which each failure that counts ages out, the oldest first. */
  readonly failuresAgeOutAt: readonly string[];
}

export interface LockoutState {
  readonly durationMinutes: number;
  readonly individualThreshold: number;
  readonly totalThreshold: number;
  readonly totalFailures: number;
  /** All standard users are locked out. */
  readonly totalLockedOut: boolean;
  readonly totalFreesAt: string | null;
  /** One's own; an administrator sees everybody's. */
  readonly users: readonly UserLockout[];
  /** Reported when the settings make the lockout void: window 0, thresholds 0. */
  readonly notes: readonly string[];
}

export const lockoutGet = method<LockoutState>()('lockout/get', noParams);

/** Forgets the failures of one user, or of all. Administrators only. */
export const lockoutReset = method<LockoutState>()(
  'lockout/reset',
  z.strictObject({ user: z.string().min(1).max(256).optional() }).optional(),
);
