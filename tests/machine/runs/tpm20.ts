import { installationSteps } from '../steps/installation.js';
import type { MachineRun } from './machine-run.js';

/** Run A. */
export const tpm20: MachineRun = {
  title: 'OVMF and a TPM 2.0',
  parts: { firmware: 'ovmf', tpm: { version: '2.0', device: 'tpm-crb' } },
  steps: [...installationSteps],
};
