/** The lockout of standard users: which authorization failures count, and who is locked out until when. */
import * as z from 'zod';
import { ADMINISTRATOR_ONLY, READ_OWN } from '../../access.js';
import { type Described, method, noParams, objectType } from './method.js';
import { count, userKey, utcTime } from './values.js';

export const UserLockout = objectType('UserLockout', 'The authorization failures of one user.', {
  userKey: userKey.describe('The user: uid:1000, or sid:S-1-5-… on Windows.'),
  userName: z.string().nullable().describe('The account name; null if the system has none for the user.'),
  failures: count.describe('Failures inside the window.'),
  lockedOut: z.boolean().describe('Whether the user may send no command that carries an authorization.'),
  freesAt: utcTime
    .nullable()
    .describe(
      'When the lockout of this user ends; null if the user is not locked out, or if a threshold of 0 keeps it from ending.',
    ),
  failuresAgeOutAt: z.array(utcTime).describe('When each counted failure leaves the window, oldest first.'),
});
export type UserLockout = Described<typeof UserLockout>;

export const Lockout = objectType('Lockout', 'The lockout of standard users, with the settings in force.', {
  durationMinutes: count.describe('Length of the sliding window in minutes; 0: failures are not counted.'),
  individualThreshold: count.describe('Failures of one user at which the user is locked out.'),
  totalThreshold: count.describe('Failures of all standard users at which all of them are locked out.'),
  totalFailures: count.describe('Counted failures of all standard users.'),
  totalLockedOut: z.boolean().describe('Whether all standard users are locked out.'),
  totalFreesAt: utcTime
    .nullable()
    .describe(
      'When the lockout of all standard users ends; null if they are not locked out, or if a threshold of 0 keeps it from ending.',
    ),
  users: z.array(UserLockout).describe('The caller’s own failures; for administrators and observers, everybody’s.'),
  notes: z.array(z.string()).describe('Explains settings that defeat the lockout: window 0 or threshold 0.'),
});
export type Lockout = Described<typeof Lockout>;

export const lockoutGet = method('lockout/get', {
  summary: 'Returns the counted authorization failures and who is locked out.',
  access: READ_OWN,
  params: noParams,
  result: Lockout,
});

export const lockoutReset = method('lockout/reset', {
  summary: 'Clears the failures of one user, or of all.',
  access: ADMINISTRATOR_ONLY,
  params: z
    .strictObject({
      user: z.string().min(1).max(256).optional().describe('User name, user id or user key; default: all users.'),
    })
    .optional(),
  result: Lockout,
  example: { user: 'uid:1000' },
});
