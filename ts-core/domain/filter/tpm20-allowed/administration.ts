/** Hierarchies, lockout, clock and attached components. Who may send what, and why: see ../tpm20-allowed.ts. */
import type { AllowedCommand } from './allowed-entry.js';

export const ADMINISTRATION: readonly AllowedCommand[] = [
  {
    command: 'Clear',
    allowedTo: 'administrators',
    reason: "Destroys every user's keys; administrators need it to give a machine away.",
  },
  {
    command: 'ClearControl',
    allowedTo: 'administrators',
    reason: 'Allows or forbids TPM2_Clear, for everyone.',
  },
  {
    command: 'HierarchyControl',
    allowedTo: 'administrators',
    reason: 'Switches a whole hierarchy off, with all keys in it.',
  },
  {
    command: 'HierarchyChangeAuth',
    allowedTo: 'administrators',
    reason: 'Changes the owner, endorsement or lockout authorization and so shuts others out.',
  },
  {
    command: 'SetPrimaryPolicy',
    allowedTo: 'administrators',
    reason: "Changes a hierarchy's policy and so who may administer it; provisioning needs it.",
  },
  {
    command: 'DictionaryAttackLockReset',
    allowedTo: 'administrators',
    reason: 'Resets the count of failed tries, which a guesser must not be able to do.',
  },
  {
    command: 'DictionaryAttackParameters',
    allowedTo: 'administrators',
    reason: "Sets the TPM's own protection against guessing, for everyone.",
  },
  {
    command: 'ReadClock',
    allowedTo: 'everyone',
    reason: 'Reads the clock that policies depend on.',
  },
  {
    command: 'ClockSet',
    allowedTo: 'administrators',
    reason: 'Moves the clock forward for good, which can end what others may still use.',
  },
  {
    command: 'ClockRateAdjust',
    allowedTo: 'administrators',
    reason: "Changes the rate of everyone's clock.",
  },
  {
    command: 'ACT_SetTimeout',
    allowedTo: 'administrators',
    reason: 'Sets a countdown that can reset the machine.',
  },
  {
    command: 'AC_GetCapability',
    allowedTo: 'administrators',
    reason: 'Serves only TPM2_AC_Send, which administrators may send.',
  },
  {
    command: 'AC_Send',
    allowedTo: 'administrators',
    reason: 'Hands a key to a component that is attached to the TPM.',
  },
];
