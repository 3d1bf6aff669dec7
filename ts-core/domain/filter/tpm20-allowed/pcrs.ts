/** Platform configuration registers. Who may send what, and why: see ../tpm20-allowed.ts. */
import type { AllowedCommand } from './allowed-entry.js';

export const PCRS: readonly AllowedCommand[] = [
  { command: 'PCR_Read', allowedTo: 'everyone', reason: 'Reads the state that policies depend on.' },
  {
    command: 'PCR_Extend',
    allowedTo: 'users',
    condition: 'applicationPcrOnly',
    reason:
      'Standard users may extend PCR 16 (debug) and 23 (applications) only: extending a PCR of the boot would break sealed keys and attestation of everyone until the next boot.',
  },
  {
    command: 'PCR_Event',
    allowedTo: 'users',
    condition: 'applicationPcrOnly',
    reason: 'Extends a PCR as TPM2_PCR_Extend does, hence the same limit to PCR 16 and 23.',
  },
  {
    command: 'EventSequenceComplete',
    allowedTo: 'users',
    condition: 'applicationPcrOnly',
    reason: 'Ends a sequence and extends a PCR with it, hence the same limit to PCR 16 and 23 (or TPM_RH_NULL).',
  },
  {
    command: 'PCR_Reset',
    allowedTo: 'users',
    condition: 'applicationPcrOnly',
    reason: 'Standard users may reset PCR 16 and 23 only; apps need none.',
  },
  {
    command: 'PCR_Allocate',
    allowedTo: 'administrators',
    reason: 'Chooses the PCR banks of the next boot, for everyone.',
  },
  {
    command: 'PCR_SetAuthPolicy',
    allowedTo: 'administrators',
    reason: 'Changes who may extend PCRs, for everyone.',
  },
  {
    command: 'PCR_SetAuthValue',
    allowedTo: 'administrators',
    reason: 'Changes who may extend PCRs, for everyone.',
  },
];
