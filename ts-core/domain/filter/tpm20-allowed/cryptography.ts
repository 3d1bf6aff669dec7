/** Random numbers, and cryptography with and without keys of the TPM. Who may send what, and why: see ../tpm20-allowed.ts. */
import type { AllowedCommand } from './allowed-entry.js';

export const CRYPTOGRAPHY: readonly AllowedCommand[] = [
  {
    command: 'GetRandom',
    allowedTo: 'everyone',
    reason: 'Random numbers; nothing is changed for others.',
  },
  {
    command: 'StirRandom',
    allowedTo: 'users',
    reason: 'Adds to the entropy and cannot make it worse; not needed by apps.',
  },
  { command: 'Sign', allowedTo: 'everyone', reason: "Signs with the caller's key." },
  {
    command: 'VerifySignature',
    allowedTo: 'everyone',
    reason: 'Needs only a public key and changes nothing.',
  },
  {
    command: 'RSA_Encrypt',
    allowedTo: 'everyone',
    reason: 'Needs only a public key and changes nothing.',
  },
  { command: 'RSA_Decrypt', allowedTo: 'everyone', reason: "Decrypts with the caller's key." },
  {
    command: 'ECDH_KeyGen',
    allowedTo: 'everyone',
    reason: 'Needs only a public key and changes nothing.',
  },
  { command: 'ECDH_ZGen', allowedTo: 'everyone', reason: "Agrees on a secret with the caller's key." },
  { command: 'ECC_Parameters', allowedTo: 'everyone', reason: 'Reads the constants of a curve.' },
  {
    command: 'ECC_Encrypt',
    allowedTo: 'everyone',
    reason: 'Needs only a public key and changes nothing.',
  },
  { command: 'ECC_Decrypt', allowedTo: 'everyone', reason: "Decrypts with the caller's key." },
  {
    command: 'ZGen_2Phase',
    allowedTo: 'users',
    reason: 'Two-phase key agreement; uses a counter that all share, hence not for apps.',
  },
  {
    command: 'EC_Ephemeral',
    allowedTo: 'users',
    reason: 'Two-phase key agreement; uses a counter that all share, hence not for apps.',
  },
  {
    command: 'Commit',
    allowedTo: 'users',
    reason: 'Anonymous signing; uses a counter that all share, hence not for apps.',
  },
  {
    command: 'EncryptDecrypt',
    allowedTo: 'everyone',
    reason: "Symmetric encryption with the caller's key.",
  },
  {
    command: 'EncryptDecrypt2',
    allowedTo: 'everyone',
    reason: "Symmetric encryption with the caller's key.",
  },
  { command: 'Hash', allowedTo: 'everyone', reason: 'Hashes data that the caller gives.' },
  { command: 'HMAC', allowedTo: 'everyone', reason: "Authenticates data with the caller's key." },
  { command: 'HMAC_Start', allowedTo: 'everyone', reason: "Authenticates data with the caller's key." },
  {
    command: 'HashSequenceStart',
    allowedTo: 'everyone',
    reason: 'Hashes data that the caller gives.',
  },
  {
    command: 'SequenceUpdate',
    allowedTo: 'everyone',
    reason: "Continues the caller's own sequence.",
  },
  { command: 'SequenceComplete', allowedTo: 'everyone', reason: "Ends the caller's own sequence." },
  {
    command: 'Unseal',
    allowedTo: 'everyone',
    reason: "Opens the caller's own sealed data, as its policy allows.",
  },
];
