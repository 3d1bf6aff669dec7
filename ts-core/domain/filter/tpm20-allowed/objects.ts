/** Creating, loading and moving keys and sealed data. Who may send what, and why: see ../tpm20-allowed.ts. */
import type { AllowedCommand } from './allowed-entry.js';

export const OBJECTS: readonly AllowedCommand[] = [
  {
    command: 'CreatePrimary',
    allowedTo: 'users',
    reason:
      'The root of every key that a user makes. Apps use the storage key that an administrator made persistent, since making primary keys takes the TPM seconds.',
  },
  {
    command: 'Create',
    allowedTo: 'everyone',
    reason: 'Creates a key under a parent; the key takes no room in the TPM.',
  },
  {
    command: 'CreateLoaded',
    allowedTo: 'users',
    reason: 'Creates keys and primary keys; withheld from apps as TPM2_CreatePrimary is.',
  },
  { command: 'Load', allowedTo: 'everyone', reason: "Loads the caller's own key." },
  {
    command: 'LoadExternal',
    allowedTo: 'everyone',
    reason: 'Loads a key from outside, mostly to verify signatures.',
  },
  { command: 'ReadPublic', allowedTo: 'everyone', reason: 'Reads the public part of a key.' },
  {
    command: 'ObjectChangeAuth',
    allowedTo: 'users',
    reason: "Gives the caller's own key a new authorization; apps create a new key instead.",
  },
  {
    command: 'EvictControl',
    allowedTo: 'administrators',
    reason: "Fills or empties the TPM's few persistent slots, which all users share.",
  },
  {
    command: 'MakeCredential',
    allowedTo: 'users',
    reason: 'Needs only a public key; part of enrolment, which apps do not need.',
  },
  {
    command: 'ActivateCredential',
    allowedTo: 'users',
    reason: 'Enrolment of an attestation key; proves which machine this is, hence not for apps.',
  },
  {
    command: 'Duplicate',
    allowedTo: 'users',
    reason: "Moves the caller's own key to another parent, if its policy allows; not needed by apps.",
  },
  { command: 'Rewrap', allowedTo: 'users', reason: 'Part of moving keys; not needed by apps.' },
  { command: 'Import', allowedTo: 'users', reason: 'Part of moving keys; not needed by apps.' },
];
