/** Making, loading and moving keys and sealed data. Who may send what, and why: see ../tpm20-allowed.ts. */
import type { Tpm20AllowedEntry } from './allowed-entry.js';

export const OBJECTS: readonly Tpm20AllowedEntry[] = [
  {
    code: 0x131,
    name: 'TPM2_CreatePrimary',
    allowedTo: 'users',
    reason:
      'The root of every key that a user makes. Apps use the storage key that an administrator made persistent, since making primary keys takes the TPM seconds.',
  },
  {
    code: 0x153,
    name: 'TPM2_Create',
    allowedTo: 'everyone',
    reason: 'Makes a key under a parent; it takes no room in the TPM.',
  },
  {
    code: 0x191,
    name: 'TPM2_CreateLoaded',
    allowedTo: 'users',
    reason: 'Makes keys and primary keys; withheld from apps as TPM2_CreatePrimary is.',
  },
  { code: 0x157, name: 'TPM2_Load', allowedTo: 'everyone', reason: "Loads the caller's own key." },
  {
    code: 0x167,
    name: 'TPM2_LoadExternal',
    allowedTo: 'everyone',
    reason: 'Loads a key from outside, mostly to verify signatures.',
  },
  { code: 0x173, name: 'TPM2_ReadPublic', allowedTo: 'everyone', reason: 'Reads the public part of a key.' },
  {
    code: 0x150,
    name: 'TPM2_ObjectChangeAuth',
    allowedTo: 'users',
    reason: "Gives the caller's own key a new authorization; apps make a new key instead.",
  },
  {
    code: 0x120,
    name: 'TPM2_EvictControl',
    allowedTo: 'administrators',
    reason: "Fills or empties the TPM's few persistent slots, which all users share.",
  },
  {
    code: 0x168,
    name: 'TPM2_MakeCredential',
    allowedTo: 'users',
    reason: 'Needs only a public key; part of enrolment, which is no business of apps.',
  },
  {
    code: 0x147,
    name: 'TPM2_ActivateCredential',
    allowedTo: 'users',
    reason: 'Enrolment of an attestation key; proves which machine this is, hence not for apps.',
  },
  {
    code: 0x14b,
    name: 'TPM2_Duplicate',
    allowedTo: 'users',
    reason: "Moves the caller's own key to another parent, if its policy allows; not needed by apps.",
  },
  { code: 0x152, name: 'TPM2_Rewrap', allowedTo: 'users', reason: 'Part of moving keys; not needed by apps.' },
  { code: 0x156, name: 'TPM2_Import', allowedTo: 'users', reason: 'Part of moving keys; not needed by apps.' },
];
