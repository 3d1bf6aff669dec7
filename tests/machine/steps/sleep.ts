import assert from 'node:assert/strict';
import type { Step } from '../steps.js';
import { startMix } from './restarts.js';

/** ACPI S3 while clients use the TPM. */
export const sleepSteps: readonly Step[] = [
  {
    title: 'the machine sleeps (S3) and wakes twice while a client uses three keys, and no command of it fails',
    prove: async (machine) => {
      await startMix(machine, 'alice', 90_000);
      await machine.until('tbs status | grep -E "^Contexts\\s+[1-9]"');
      await machine.sleepAndWake();
      await machine.run('tpm2_getrandom -T tbs --hex 8', { user: 'bob' });
      await machine.sleepAndWake();
      const result = await machine.until('grep -q status /tmp/mix-alice && cat /tmp/mix-alice', { seconds: 300 });
      assert.match(result, /"operations":[1-9]/);
      assert.match(result, /status 0/);
    },
  },
];
