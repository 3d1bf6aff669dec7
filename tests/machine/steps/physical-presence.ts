import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import type { Step } from '../steps.js';
import { PWSH_SECONDS, pwsh } from './boot-log.js';

const PERSISTENT = 'tpm2_getcap -T tbs handles-persistent';

/** Request an operation from the firmware, and confirm it with a key at the next start. */
export const physicalPresenceSteps: readonly Step[] = [
  {
    title: 'the firmware carries out a Clear that was requested, after F12 at its question',
    seconds: 2400,
    prove: async (machine) => {
      await machine.run('tpm2_createprimary -T tbs -Q -C o -c /tmp/primary.ctx');
      await machine.run('tpm2_evictcontrol -T tbs -Q -C o -c /tmp/primary.ctx 0x81000001');
      assert.match(await machine.run(PERSISTENT), /0x81000001/);
      await machine.run(pwsh('Request-TpmPhysicalPresence -Operation Clear -Confirm:$false'), {
        seconds: PWSH_SECONDS,
      });
      await machine.reboot(async (console, monitor) => {
        for (let waitedMs = 0; !/F12/.test(console()); waitedMs += 250) {
          if (waitedMs > 900_000) throw new Error(`the firmware asks nothing:\n${console().slice(-2000)}`);
          await wait(250);
        }
        await monitor.pressKey('f12');
      });
      await machine.until('systemctl is-active tpmtbs', { seconds: 400 });
      assert.doesNotMatch(await machine.run(PERSISTENT), /0x81000001/);
      const result = await machine.run(pwsh('(Get-TpmPhysicalPresence).Response | Out-String'), {
        seconds: PWSH_SECONDS,
      });
      assert.match(result, /Success/);
    },
  },
];
