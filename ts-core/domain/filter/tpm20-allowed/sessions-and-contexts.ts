/** Sessions, and saving and loading contexts. Who may send what, and why: see ../tpm20-allowed.ts. */
import type { Tpm20AllowedEntry } from './allowed-entry.js';

export const SESSIONS_AND_CONTEXTS: readonly Tpm20AllowedEntry[] = [
  {
    code: 0x176,
    name: 'TPM2_StartAuthSession',
    allowedTo: 'everyone',
    reason: 'Sessions authorize and protect the use of keys.',
  },
  {
    code: 0x180,
    name: 'TPM2_PolicyRestart',
    allowedTo: 'everyone',
    reason: "Sets the caller's own policy session back.",
  },
  {
    code: 0x165,
    name: 'TPM2_FlushContext',
    allowedTo: 'everyone',
    reason: "Frees the caller's own objects and sessions.",
  },
  {
    code: 0x162,
    name: 'TPM2_ContextSave',
    allowedTo: 'everyone',
    reason: "Saves the caller's own objects and sessions, as tpm2-tools does between two programs.",
  },
  {
    code: 0x161,
    name: 'TPM2_ContextLoad',
    allowedTo: 'everyone',
    reason: 'Loads what the caller saved before.',
  },
];
