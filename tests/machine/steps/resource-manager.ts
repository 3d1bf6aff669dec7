import assert from 'node:assert/strict';
import type { Step } from '../steps.js';
import type { VirtualMachine } from '../virtual-machine.js';

const MILLISECONDS = 5000;

interface Mix {
  readonly operations: number;
  readonly medianUs: number;
  readonly tpmCommands: number;
}

/** The broker over /dev/tpm0 and the kernel's resource manager, in the same machine with the same work. */
export const resourceManagerSteps: readonly Step[] = [
  {
    title: "the broker sends the TPM fewer commands for a client's command than the kernel's resource manager",
    prove: async (machine, report) => {
      const broker = await mix(machine, 'tbs');
      const kernel = await mix(machine, 'device:/dev/tpmrm0');
      const perOperation = ({ tpmCommands, operations }: Mix) => tpmCommands / operations;
      for (const [name, one] of Object.entries({ 'broker over /dev/tpm0': broker, '/dev/tpmrm0': kernel })) {
        const figures = [
          `${perOperation(one).toFixed(2)} TPM commands for each command of the client`,
          `${(one.medianUs / 1000).toFixed(1)} ms (median)`,
          `${one.operations} operations in ${MILLISECONDS / 1000} s`,
        ];
        report.figure(`HMACs with three keys in turn, ${name}: ${figures.join(', ')}`);
      }
      assert.ok(perOperation(broker) < perOperation(kernel));
    },
  },
];

/** One client creates three keys and computes HMACs with them in turn. */
async function mix(machine: VirtualMachine, tcti: string): Promise<Mix> {
  const before = machine.tpmCommands;
  const answer = await machine.run(`/media/packages/tcti-bench ${tcti} mix3 1 ${MILLISECONDS}`);
  const { operations, medianUs } = JSON.parse(answer) as { operations: number; medianUs: number };
  return { operations, medianUs, tpmCommands: machine.tpmCommands - before };
}
