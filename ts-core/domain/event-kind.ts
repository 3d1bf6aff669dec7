/** The kinds of decisions that the broker reports, in the audit log and to subscribers. */
export const EVENT_KINDS = [
  'commandRefused',
  'authorizationFailed',
  'lockoutBegan',
  'lockoutEnded',
  'policyChanged',
  'listChanged',
  'administration',
  'ownerAuthorization',
  'tpmLost',
  'tpmReturned',
  'tpmReset',
  'warning',
] as const;

export type EventKind = (typeof EVENT_KINDS)[number];
