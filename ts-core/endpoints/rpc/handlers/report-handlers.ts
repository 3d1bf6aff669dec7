import type { Application } from '../../../application/application.js';
import { machineReport } from '../../../application/report/machine-report.js';
import { gatherMachineReport } from '../../../application/report/report-machine.js';
import { type Handlers, inTurn } from '../handler.js';
import type * as contract from '../protocol/report.js';

export function reportHandlers(application: Application): Handlers<typeof contract, 'reportGet'> {
  return {
    reportGet: async ({ caller }) => {
      const content = await gatherMachineReport(application, caller);
      return inTurn(() => ({ html: machineReport(content) }));
    },
  };
}
