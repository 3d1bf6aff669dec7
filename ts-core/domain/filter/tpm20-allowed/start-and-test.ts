/** Starting, testing and asking the TPM. Who may send what, and why: see ../tpm20-allowed.ts. */
import type { AllowedCommand } from './allowed-entry.js';

export const START_AND_TEST: readonly AllowedCommand[] = [
  {
    command: 'Startup',
    allowedTo: 'everyone',
    reason: 'Programs send it out of habit; the broker answers it and the TPM never sees it.',
  },
  {
    command: 'Shutdown',
    allowedTo: 'administrators',
    reason: 'Prepares the whole TPM for loss of power, which concerns everyone who uses it.',
  },
  {
    command: 'SelfTest',
    allowedTo: 'users',
    reason: 'Changes nothing; withheld from apps, since a full test keeps the TPM busy for everyone.',
  },
  {
    command: 'IncrementalSelfTest',
    allowedTo: 'users',
    reason: 'Changes nothing; withheld from apps, since tests keep the TPM busy for everyone.',
  },
  {
    command: 'GetTestResult',
    allowedTo: 'everyone',
    reason: 'Reads the result of the self test.',
  },
  {
    command: 'GetCapability',
    allowedTo: 'everyone',
    reason: 'Reads properties; every TPM library starts with it. Handle lists are virtualized.',
  },
  {
    command: 'TestParms',
    allowedTo: 'everyone',
    reason: 'Asks only whether the TPM supports an algorithm.',
  },
  {
    command: 'SetCapability',
    allowedTo: 'administrators',
    reason: 'Sets properties of the TPM for everyone.',
  },
];
