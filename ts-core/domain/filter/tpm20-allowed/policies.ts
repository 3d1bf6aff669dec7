/** Policies of sessions. Who may send what, and why: see ../tpm20-allowed.ts. */
import type { Tpm20AllowedEntry } from './allowed-entry.js';

export const POLICIES: readonly Tpm20AllowedEntry[] = [
  { code: 0x160, name: 'TPM2_PolicySigned', allowedTo: 'everyone', reason: "Builds the caller's own policy session." },
  {
    code: 0x151,
    name: 'TPM2_PolicySecret',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session; a wrong secret is counted by the lockout.",
  },
  { code: 0x172, name: 'TPM2_PolicyTicket', allowedTo: 'everyone', reason: "Builds the caller's own policy session." },
  { code: 0x171, name: 'TPM2_PolicyOR', allowedTo: 'everyone', reason: "Builds the caller's own policy session." },
  { code: 0x17f, name: 'TPM2_PolicyPCR', allowedTo: 'everyone', reason: "Builds the caller's own policy session." },
  {
    code: 0x16f,
    name: 'TPM2_PolicyLocality',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    code: 0x149,
    name: 'TPM2_PolicyNV',
    allowedTo: 'users',
    reason: "Builds the caller's own policy session by reading an NV index; apps have no NV.",
  },
  {
    code: 0x16d,
    name: 'TPM2_PolicyCounterTimer',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    code: 0x16c,
    name: 'TPM2_PolicyCommandCode',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    code: 0x187,
    name: 'TPM2_PolicyPhysicalPresence',
    allowedTo: 'users',
    reason: "Builds the caller's own policy session; asserts nothing itself, and apps have no use for it.",
  },
  { code: 0x16e, name: 'TPM2_PolicyCpHash', allowedTo: 'everyone', reason: "Builds the caller's own policy session." },
  {
    code: 0x170,
    name: 'TPM2_PolicyNameHash',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    code: 0x188,
    name: 'TPM2_PolicyDuplicationSelect',
    allowedTo: 'users',
    reason: "Builds the caller's own policy session for moving keys, which apps do not do.",
  },
  {
    code: 0x16a,
    name: 'TPM2_PolicyAuthorize',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    code: 0x16b,
    name: 'TPM2_PolicyAuthValue',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    code: 0x18c,
    name: 'TPM2_PolicyPassword',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    code: 0x189,
    name: 'TPM2_PolicyGetDigest',
    allowedTo: 'everyone',
    reason: "Reads the caller's own policy session.",
  },
  {
    code: 0x18f,
    name: 'TPM2_PolicyNvWritten',
    allowedTo: 'users',
    reason: "Builds the caller's own policy session for NV, which apps do not have.",
  },
  {
    code: 0x190,
    name: 'TPM2_PolicyTemplate',
    allowedTo: 'users',
    reason: "Builds the caller's own policy session for making primary keys, which apps do not do.",
  },
  {
    code: 0x192,
    name: 'TPM2_PolicyAuthorizeNV',
    allowedTo: 'users',
    reason: "Builds the caller's own policy session by reading an NV index; apps have no NV.",
  },
  {
    code: 0x196,
    name: 'TPM2_Policy_AC_SendSelect',
    allowedTo: 'administrators',
    reason: 'Serves only TPM2_AC_Send, which administrators may send.',
  },
  {
    code: 0x19b,
    name: 'TPM2_PolicyCapability',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    code: 0x19c,
    name: 'TPM2_PolicyParameters',
    allowedTo: 'everyone',
    reason: "Builds the caller's own policy session.",
  },
  {
    code: 0x1a1,
    name: 'TPM2_PolicyTransportSPDM',
    allowedTo: 'users',
    reason: "Builds the caller's own policy session; a bus-level channel is no business of apps.",
  },
];
