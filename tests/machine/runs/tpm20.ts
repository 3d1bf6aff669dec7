import { bootLogSteps } from '../steps/boot-log.js';
import { installationSteps } from '../steps/installation.js';
import { packageLifeSteps } from '../steps/package-life.js';
import { physicalPresenceSteps } from '../steps/physical-presence.js';
import { resourceManagerSteps } from '../steps/resource-manager.js';
import { restartSteps } from '../steps/restarts.js';
import { serviceSteps } from '../steps/service.js';
import { sleepSteps } from '../steps/sleep.js';
import type { MachineRun } from './machine-run.js';

/** Run A. */
export const tpm20: MachineRun = {
  title: 'OVMF and a TPM 2.0',
  parts: { firmware: 'ovmf', tpm: { version: '2.0', device: 'tpm-crb' } },
  steps: [
    ...installationSteps,
    ...serviceSteps,
    ...bootLogSteps,
    ...restartSteps,
    ...resourceManagerSteps,
    ...sleepSteps,
    ...physicalPresenceSteps,
    ...packageLifeSteps,
  ],
};
