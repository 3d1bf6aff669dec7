import type { Step } from '../steps.js';
import type { MachineParts } from '../virtual-machine.js';

/** A machine and what is proved with it. */
export interface MachineRun {
  readonly title: string;
  readonly parts: MachineParts;
  readonly steps: readonly Step[];
}
