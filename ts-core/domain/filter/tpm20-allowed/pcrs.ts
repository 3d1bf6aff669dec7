/** Platform configuration registers. Who may send what, and why: see ../tpm20-allowed.ts. */
import type { Tpm20AllowedEntry } from './allowed-entry.js';

export const PCRS: readonly Tpm20AllowedEntry[] = [
  { code: 0x17e, name: 'TPM2_PCR_Read', allowedTo: 'everyone', reason: 'Reads the state that policies depend on.' },
  {
    code: 0x182,
    name: 'TPM2_PCR_Extend',
    allowedTo: 'users',
    condition: 'applicationPcrOnly',
    reason:
      'Standard users may extend PCR 16 (debug) and 23 (applications) only: extending a PCR of the boot would break sealed keys and attestation of everyone until the next boot.',
  },
  {
    code: 0x13c,
    name: 'TPM2_PCR_Event',
    allowedTo: 'users',
    condition: 'applicationPcrOnly',
    reason: 'Extends a PCR as TPM2_PCR_Extend does, hence the same limit to PCR 16 and 23.',
  },
  {
    code: 0x185,
    name: 'TPM2_EventSequenceComplete',
    allowedTo: 'users',
    condition: 'applicationPcrOnly',
    reason: 'Ends a sequence and extends a PCR with it, hence the same limit to PCR 16 and 23 (or TPM_RH_NULL).',
  },
  {
    code: 0x13d,
    name: 'TPM2_PCR_Reset',
    allowedTo: 'users',
    condition: 'applicationPcrOnly',
    reason: 'Standard users may reset PCR 16 and 23 only; apps need none.',
  },
  {
    code: 0x12b,
    name: 'TPM2_PCR_Allocate',
    allowedTo: 'administrators',
    reason: 'Chooses the PCR banks of the next boot, for everyone.',
  },
  {
    code: 0x12c,
    name: 'TPM2_PCR_SetAuthPolicy',
    allowedTo: 'administrators',
    reason: 'Changes who may extend PCRs, for everyone.',
  },
  {
    code: 0x183,
    name: 'TPM2_PCR_SetAuthValue',
    allowedTo: 'administrators',
    reason: 'Changes who may extend PCRs, for everyone.',
  },
];
