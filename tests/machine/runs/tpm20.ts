import { bootLogSteps } from '../steps/boot-log.js';
import { directoryAccountSteps } from '../steps/directory-account.js';
import { eventActionSteps } from '../steps/event-actions.js';
import { installationSteps } from '../steps/installation.js';
import { journalSteps } from '../steps/journal.js';
import { packageLifeSteps } from '../steps/package-life.js';
import { physicalPresenceSteps } from '../steps/physical-presence.js';
import { resourceManagerSteps } from '../steps/resource-manager.js';
import { crashSteps, reloadAndStopSteps } from '../steps/restarts.js';
import { rootProgramSteps } from '../steps/root-programs.js';
import { serviceSteps } from '../steps/service.js';
import { sleepSteps } from '../steps/sleep.js';
import { socketActivationSteps } from '../steps/socket-activation.js';
import { tpmElsewhereSteps } from '../steps/tpm-elsewhere.js';
import type { MachineRun } from './machine-run.js';

const parts = { firmware: 'ovmf', tpm: { version: '2.0', device: 'tpm-crb' } } as const;

/** Run A. Continuous integration runs it, so it has only steps that have passed on a busy host. */
export const tpm20: MachineRun = {
  title: 'OVMF and a TPM 2.0',
  parts,
  steps: [...installationSteps, ...serviceSteps, ...bootLogSteps, ...crashSteps],
};

/** Run D. Continuous integration does not run it. */
export const tpm20Life: MachineRun = {
  title: 'OVMF and a TPM 2.0, through reload, sleep, a request to the firmware, upgrade and removal',
  parts,
  steps: [
    ...installationSteps,
    ...resourceManagerSteps,
    ...reloadAndStopSteps,
    ...sleepSteps,
    ...physicalPresenceSteps,
    ...packageLifeSteps,
  ],
};

/** Run E. What docs/service.md promises. */
export const tpm20Service: MachineRun = {
  title: 'SeaBIOS and a TPM 2.0, through what docs/service.md says of the service',
  parts: { firmware: 'seabios', tpm: { version: '2.0', device: 'tpm-tis' } },
  steps: [
    ...installationSteps,
    ...journalSteps,
    ...rootProgramSteps,
    ...socketActivationSteps,
    ...directoryAccountSteps,
    ...tpmElsewhereSteps,
    ...eventActionSteps,
  ],
};
