import { tpm12Steps } from '../steps/tpm12.js';
import type { MachineRun } from './machine-run.js';

/** Run B. */
export const tpm12: MachineRun = {
  title: 'SeaBIOS and a TPM 1.2',
  parts: { firmware: 'seabios', tpm: { version: '1.2', device: 'tpm-tis' } },
  steps: tpm12Steps,
};
