/** Policies of sessions. Who may send what, and why: see ../tpm20-allowed.ts. */
import type { AllowedCommand } from './allowed-entry.js';

export const POLICIES: readonly AllowedCommand[] = [
  { command: 'PolicySigned', allowedTo: 'everyone', reason: "Builds the caller's own policy session." },
  {
    command: 'PolicySecret',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session; a wrong secret is counted by the lockout.",
  },
  { command: 'PolicyTicket', allowedTo: 'everyone', reason: "Builds the caller's own policy session." },
  { command: 'PolicyOR', allowedTo: 'everyone', reason: "Builds the caller's own policy session." },
  { command: 'PolicyPCR', allowedTo: 'everyone', reason: "Builds the caller's own policy session." },
  {
    command: 'PolicyLocality',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    command: 'PolicyNV',
    allowedTo: 'users',
    reason: "Builds the caller's own policy session by reading an NV index; apps have no NV.",
  },
  {
    command: 'PolicyCounterTimer',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    command: 'PolicyCommandCode',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    command: 'PolicyPhysicalPresence',
    allowedTo: 'users',
    reason: "Builds the caller's own policy session; asserts nothing itself, and apps have no use for it.",
  },
  { command: 'PolicyCpHash', allowedTo: 'everyone', reason: "Builds the caller's own policy session." },
  {
    command: 'PolicyNameHash',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    command: 'PolicyDuplicationSelect',
    allowedTo: 'users',
    reason: "Builds the caller's own policy session for moving keys, which apps do not do.",
  },
  {
    command: 'PolicyAuthorize',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    command: 'PolicyAuthValue',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    command: 'PolicyPassword',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    command: 'PolicyGetDigest',
    allowedTo: 'everyone',
    reason: "Reads the caller's own policy session.",
  },
  {
    command: 'PolicyNvWritten',
    allowedTo: 'users',
    reason: "Builds the caller's own policy session for NV, which apps do not have.",
  },
  {
    command: 'PolicyTemplate',
    allowedTo: 'users',
    reason: "Builds the caller's own policy session for creating primary keys, which apps do not do.",
  },
  {
    command: 'PolicyAuthorizeNV',
    allowedTo: 'users',
    reason: "Builds the caller's own policy session by reading an NV index; apps have no NV.",
  },
  {
    command: 'Policy_AC_SendSelect',
    allowedTo: 'administrators',
    reason: 'Serves only TPM2_AC_Send, which administrators may send.',
  },
  {
    command: 'PolicyCapability',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    command: 'PolicyParameters',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    command: 'PolicyTransportSPDM',
    allowedTo: 'users',
    reason: "Builds the caller's own policy session; apps do not need a bus-level channel.",
  },
];
