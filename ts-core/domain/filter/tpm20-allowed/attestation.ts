/** Signed statements of the TPM, and its audit. Who may send what, and why: see ../tpm20-allowed.ts. */
import type { AllowedCommand } from './allowed-entry.js';

export const ATTESTATION: readonly AllowedCommand[] = [
  {
    command: 'Quote',
    allowedTo: 'users',
    reason: "Signs the state of the boot with the caller's key; tells machines apart, hence not for apps.",
  },
  {
    command: 'Certify',
    allowedTo: 'users',
    reason: "Proves a key with the caller's key; tells machines apart, hence not for apps.",
  },
  {
    command: 'CertifyCreation',
    allowedTo: 'users',
    reason: "Proves how a key was created with the caller's key; tells machines apart, hence not for apps.",
  },
  {
    command: 'CertifyX509',
    allowedTo: 'users',
    reason: "Proves a key with the caller's key; tells machines apart, hence not for apps.",
  },
  {
    command: 'GetTime',
    allowedTo: 'users',
    reason: "Signs the clock with the caller's key; tells machines apart, hence not for apps.",
  },
  {
    command: 'GetSessionAuditDigest',
    allowedTo: 'users',
    reason: "Signs what the caller's own audit session did; tells machines apart, hence not for apps.",
  },
  {
    command: 'GetCommandAuditDigest',
    allowedTo: 'administrators',
    reason: "Signs and empties the TPM's one command audit digest, which others rely on.",
  },
  {
    command: 'SetCommandCodeAuditStatus',
    allowedTo: 'administrators',
    reason: 'Chooses which commands the TPM audits, for everyone.',
  },
];
