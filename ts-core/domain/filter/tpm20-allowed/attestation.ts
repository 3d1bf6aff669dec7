/** Signed statements of the TPM, and its audit. Who may send what, and why: see ../tpm20-allowed.ts. */
import type { Tpm20AllowedEntry } from './allowed-entry.js';

export const ATTESTATION: readonly Tpm20AllowedEntry[] = [
  {
    code: 0x158,
    name: 'TPM2_Quote',
    allowedTo: 'users',
    reason: "Signs the state of the boot with the caller's key; tells machines apart, hence not for apps.",
  },
  {
    code: 0x148,
    name: 'TPM2_Certify',
    allowedTo: 'users',
    reason: "Proves a key with the caller's key; tells machines apart, hence not for apps.",
  },
  {
    code: 0x14a,
    name: 'TPM2_CertifyCreation',
    allowedTo: 'users',
    reason: "Proves how a key was made with the caller's key; tells machines apart, hence not for apps.",
  },
  {
    code: 0x197,
    name: 'TPM2_CertifyX509',
    allowedTo: 'users',
    reason: "Proves a key with the caller's key; tells machines apart, hence not for apps.",
  },
  {
    code: 0x14c,
    name: 'TPM2_GetTime',
    allowedTo: 'users',
    reason: "Signs the clock with the caller's key; tells machines apart, hence not for apps.",
  },
  {
    code: 0x14d,
    name: 'TPM2_GetSessionAuditDigest',
    allowedTo: 'users',
    reason: "Signs what the caller's own audit session did; tells machines apart, hence not for apps.",
  },
  {
    code: 0x133,
    name: 'TPM2_GetCommandAuditDigest',
    allowedTo: 'administrators',
    reason: "Signs and empties the TPM's one command audit digest, which others rely on.",
  },
  {
    code: 0x140,
    name: 'TPM2_SetCommandCodeAuditStatus',
    allowedTo: 'administrators',
    reason: 'Chooses which commands the TPM audits, for everyone.',
  },
];
