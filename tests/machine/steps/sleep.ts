import assert from 'node:assert/strict';
import type { Step } from '../steps.js';
import type { VirtualMachine } from '../virtual-machine.js';
import { startMix } from './restarts.js';

/** Longer than the step: the client is stopped when the machine has woken up twice. */
const MIX_MS = 3_600_000;

/** ACPI S3 while clients use the TPM. */
export const sleepSteps: readonly Step[] = [
  {
    title: 'the machine sleeps (S3) and wakes twice while a client uses three keys, and no command of it fails',
    prove: async (machine) => {
      await startMix(machine, 'alice', MIX_MS);
      await machine.until('tbs status | grep -E "^Contexts\\s+[1-9]"');
      for (const time of ['first', 'second']) {
        await untilMixHasSent(machine, 30, `before the ${time} sleep`);
        await machine.sleepAndWake();
        await machine.run('tpm2_getrandom -T tbs --hex 8', { user: 'bob' });
      }
      await untilMixHasSent(machine, 30, 'after the second sleep');
      await machine.run('systemctl stop mix-alice');
      assert.equal(await machine.run('cat /tmp/mix-alice'), '', 'the client has reported an error');
    },
  },
];

/** Waits until the TPM has received this many more commands, as long as the client that sends them runs. */
async function untilMixHasSent(machine: VirtualMachine, commands: number, when: string): Promise<void> {
  const before = machine.tpmCommands;
  for (let looks = 0; machine.tpmCommands < before + commands; looks++) {
    await machine.run('systemctl is-active mix-alice || { cat /tmp/mix-alice; false; }');
    assert.ok(looks < 200, `the client's commands do not reach the TPM ${when}`);
  }
}
