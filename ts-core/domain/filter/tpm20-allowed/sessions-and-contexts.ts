/** Sessions, and saving and loading contexts. Who may send what, and why: see ../tpm20-allowed.ts. */
import type { AllowedCommand } from './allowed-entry.js';

export const SESSIONS_AND_CONTEXTS: readonly AllowedCommand[] = [
  {
    command: 'StartAuthSession',
    allowedTo: 'everyone',
    reason: 'Sessions authorize and protect the use of keys.',
  },
  {
    command: 'PolicyRestart',
    allowedTo: 'everyone',
    reason: "Sets the caller's own policy session back.",
  },
  {
    command: 'FlushContext',
    allowedTo: 'everyone',
    reason: "Frees the caller's own objects and sessions.",
  },
  {
    command: 'ContextSave',
    allowedTo: 'everyone',
    reason: "Saves the caller's own objects and sessions, as tpm2-tools does between two programs.",
  },
  {
    command: 'ContextLoad',
    allowedTo: 'everyone',
    reason: 'Loads what the caller saved before.',
  },
];
