/** Starting, testing and asking the TPM. Who may send what, and why: see ../tpm20-allowed.ts. */
import type { Tpm20AllowedEntry } from './allowed-entry.js';

export const START_AND_TEST: readonly Tpm20AllowedEntry[] = [
  {
    code: 0x144,
    name: 'TPM2_Startup',
    allowedTo: 'everyone',
    reason: 'Programs send it out of habit; the broker answers it and the TPM never sees it.',
  },
  {
    code: 0x145,
    name: 'TPM2_Shutdown',
    allowedTo: 'administrators',
    reason: 'Prepares the whole TPM for loss of power, which concerns everyone who uses it.',
  },
  {
    code: 0x143,
    name: 'TPM2_SelfTest',
    allowedTo: 'users',
    reason: 'Changes nothing; withheld from apps, since a full test keeps the TPM busy for everyone.',
  },
  {
    code: 0x142,
    name: 'TPM2_IncrementalSelfTest',
    allowedTo: 'users',
    reason: 'Changes nothing; withheld from apps, since tests keep the TPM busy for everyone.',
  },
  {
    code: 0x17c,
    name: 'TPM2_GetTestResult',
    allowedTo: 'everyone',
    reason: 'Reads the result of the self test.',
  },
  {
    code: 0x17a,
    name: 'TPM2_GetCapability',
    allowedTo: 'everyone',
    reason: 'Reads properties; every TPM library starts with it. Handle lists are virtualized.',
  },
  {
    code: 0x18a,
    name: 'TPM2_TestParms',
    allowedTo: 'everyone',
    reason: 'Asks only whether the TPM supports an algorithm.',
  },
  {
    code: 0x19f,
    name: 'TPM2_SetCapability',
    allowedTo: 'administrators',
    reason: 'Sets properties of the TPM for everyone.',
  },
];
