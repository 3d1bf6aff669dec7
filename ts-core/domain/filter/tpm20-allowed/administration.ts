/** Hierarchies, lockout, clock and attached components. Who may send what, and why: see ../tpm20-allowed.ts. */
import type { Tpm20AllowedEntry } from './allowed-entry.js';

export const ADMINISTRATION: readonly Tpm20AllowedEntry[] = [
  {
    code: 0x126,
    name: 'TPM2_Clear',
    allowedTo: 'administrators',
    reason: "Destroys every user's keys; administrators need it to give a machine away.",
  },
  {
    code: 0x127,
    name: 'TPM2_ClearControl',
    allowedTo: 'administrators',
    reason: 'Allows or forbids TPM2_Clear, for everyone.',
  },
  {
    code: 0x121,
    name: 'TPM2_HierarchyControl',
    allowedTo: 'administrators',
    reason: 'Switches a whole hierarchy off, with all keys in it.',
  },
  {
    code: 0x129,
    name: 'TPM2_HierarchyChangeAuth',
    allowedTo: 'administrators',
    reason: 'Changes the owner, endorsement or lockout authorization and so shuts others out.',
  },
  {
    code: 0x12e,
    name: 'TPM2_SetPrimaryPolicy',
    allowedTo: 'administrators',
    reason: "Changes a hierarchy's policy and so who may administer it; provisioning needs it.",
  },
  {
    code: 0x139,
    name: 'TPM2_DictionaryAttackLockReset',
    allowedTo: 'administrators',
    reason: 'Forgives failed tries; a guesser must not be able to.',
  },
  {
    code: 0x13a,
    name: 'TPM2_DictionaryAttackParameters',
    allowedTo: 'administrators',
    reason: "Sets the TPM's own protection against guessing, for everyone.",
  },
  {
    code: 0x181,
    name: 'TPM2_ReadClock',
    allowedTo: 'everyone',
    reason: 'Reads the clock that policies depend on.',
  },
  {
    code: 0x128,
    name: 'TPM2_ClockSet',
    allowedTo: 'administrators',
    reason: 'Moves the clock forward for good, which can end what others may still use.',
  },
  {
    code: 0x130,
    name: 'TPM2_ClockRateAdjust',
    allowedTo: 'administrators',
    reason: "Changes the rate of everyone's clock.",
  },
  {
    code: 0x198,
    name: 'TPM2_ACT_SetTimeout',
    allowedTo: 'administrators',
    reason: 'Sets a countdown that can reset the machine.',
  },
  {
    code: 0x194,
    name: 'TPM2_AC_GetCapability',
    allowedTo: 'administrators',
    reason: 'Serves only TPM2_AC_Send, which administrators may send.',
  },
  {
    code: 0x195,
    name: 'TPM2_AC_Send',
    allowedTo: 'administrators',
    reason: 'Hands a key to a component that is attached to the TPM.',
  },
];
