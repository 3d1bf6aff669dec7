import type { Application } from '../../../application/application.js';
import { machineReport } from '../../../application/report/machine-report.js';
import { gatherMachineReport } from '../../../application/report/report-machine.js';
import type { Handlers } from '../handler.js';
import type * as contract from '../protocol/report.js';

export function reportHandlers(application: Application): Handlers<typeof contract> {
  return {
    reportGet: async ({ caller }) => ({ html: machineReport(await gatherMachineReport(application, caller)) }),
  };
}
