/** Random numbers, and cryptography with and without keys of the TPM. Who may send what, and why: see ../tpm20-allowed.ts. */
import type { Tpm20AllowedEntry } from './allowed-entry.js';

export const CRYPTOGRAPHY: readonly Tpm20AllowedEntry[] = [
  {
    code: 0x17b,
    name: 'TPM2_GetRandom',
    allowedTo: 'everyone',
    reason: 'Random numbers; nothing is changed for others.',
  },
  {
    code: 0x146,
    name: 'TPM2_StirRandom',
    allowedTo: 'users',
    reason: 'Adds to the entropy and cannot make it worse; not needed by apps.',
  },
  { code: 0x15d, name: 'TPM2_Sign', allowedTo: 'everyone', reason: "Signs with the caller's key." },
  {
    code: 0x177,
    name: 'TPM2_VerifySignature',
    allowedTo: 'everyone',
    reason: 'Needs only a public key and changes nothing.',
  },
  {
    code: 0x174,
    name: 'TPM2_RSA_Encrypt',
    allowedTo: 'everyone',
    reason: 'Needs only a public key and changes nothing.',
  },
  { code: 0x159, name: 'TPM2_RSA_Decrypt', allowedTo: 'everyone', reason: "Decrypts with the caller's key." },
  {
    code: 0x163,
    name: 'TPM2_ECDH_KeyGen',
    allowedTo: 'everyone',
    reason: 'Needs only a public key and changes nothing.',
  },
  { code: 0x154, name: 'TPM2_ECDH_ZGen', allowedTo: 'everyone', reason: "Agrees on a secret with the caller's key." },
  { code: 0x178, name: 'TPM2_ECC_Parameters', allowedTo: 'everyone', reason: 'Reads the constants of a curve.' },
  {
    code: 0x199,
    name: 'TPM2_ECC_Encrypt',
    allowedTo: 'everyone',
    reason: 'Needs only a public key and changes nothing.',
  },
  { code: 0x19a, name: 'TPM2_ECC_Decrypt', allowedTo: 'everyone', reason: "Decrypts with the caller's key." },
  {
    code: 0x18d,
    name: 'TPM2_ZGen_2Phase',
    allowedTo: 'users',
    reason: 'Two-phase key agreement; uses a counter that all share, hence not for apps.',
  },
  {
    code: 0x18e,
    name: 'TPM2_EC_Ephemeral',
    allowedTo: 'users',
    reason: 'Two-phase key agreement; uses a counter that all share, hence not for apps.',
  },
  {
    code: 0x18b,
    name: 'TPM2_Commit',
    allowedTo: 'users',
    reason: 'Anonymous signing; uses a counter that all share, hence not for apps.',
  },
  {
    code: 0x164,
    name: 'TPM2_EncryptDecrypt',
    allowedTo: 'everyone',
    reason: "Symmetric encryption with the caller's key.",
  },
  {
    code: 0x193,
    name: 'TPM2_EncryptDecrypt2',
    allowedTo: 'everyone',
    reason: "Symmetric encryption with the caller's key.",
  },
  { code: 0x17d, name: 'TPM2_Hash', allowedTo: 'everyone', reason: 'Hashes data that the caller gives.' },
  { code: 0x155, name: 'TPM2_HMAC', allowedTo: 'everyone', reason: "Authenticates data with the caller's key." },
  { code: 0x15b, name: 'TPM2_HMAC_Start', allowedTo: 'everyone', reason: "Authenticates data with the caller's key." },
  {
    code: 0x186,
    name: 'TPM2_HashSequenceStart',
    allowedTo: 'everyone',
    reason: 'Hashes data that the caller gives.',
  },
  {
    code: 0x15c,
    name: 'TPM2_SequenceUpdate',
    allowedTo: 'everyone',
    reason: "Goes on with the caller's own sequence.",
  },
  { code: 0x13e, name: 'TPM2_SequenceComplete', allowedTo: 'everyone', reason: "Ends the caller's own sequence." },
  {
    code: 0x15e,
    name: 'TPM2_Unseal',
    allowedTo: 'everyone',
    reason: "Opens the caller's own sealed data, as its policy allows.",
  },
];
