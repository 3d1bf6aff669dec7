import assert from 'node:assert/strict';
import type { Step } from '../steps.js';
import type { VirtualMachine } from '../virtual-machine.js';

const MAIN_PID = 'systemctl show -P MainPID tpmtbs';

/** What callers see when the broker crashes. */
export const crashSteps: readonly Step[] = [
  {
    title: 'after kill -9 systemd restarts the broker, which has kept its state',
    prove: async (machine) => {
      await machine.run('tbs block add TPM2_Hash');
      const before = (await machine.run(MAIN_PID)).trim();
      await machine.run(`kill -9 ${before}`);
      await machine.until(`test "$(${MAIN_PID})" -gt 0 -a "$(${MAIN_PID})" != ${before} && systemctl is-active tpmtbs`);
      assert.match(await machine.run('tbs block list --blocked'), /TPM2_Hash\b/);
      await machine.run('tpm2_getrandom -T tbs --hex 8', { user: 'alice' });
      await machine.run('tbs block remove TPM2_Hash');
    },
  },
];

/** What callers and the TPM see when the broker reloads its configuration or stops. */
export const reloadAndStopSteps: readonly Step[] = [
  {
    title: 'a reload with a faulty tbsd.json keeps the configuration, and the process',
    prove: async (machine) => {
      const before = await machine.run(MAIN_PID);
      await machine.run('cp -a /etc/tpmtbs/tbsd.json /tmp/tbsd.json && echo "{" > /etc/tpmtbs/tbsd.json');
      await machine.attempt('systemctl reload tpmtbs');
      await machine.run('tpm2_getrandom -T tbs --hex 8', { user: 'alice' });
      await machine.run('cp -a /tmp/tbsd.json /etc/tpmtbs/tbsd.json && systemctl reload tpmtbs');
      assert.equal(await machine.run(MAIN_PID), before);
      await machine.run('tpm2_getrandom -T tbs --hex 8', { user: 'alice' });
    },
  },
  {
    title: 'a stop while a client holds keys leaves none of them in the TPM',
    prove: async (machine) => {
      await startMix(machine, 'alice', 600_000);
      await machine.until('tbs status | grep -E "^Contexts\\s+[1-9]"');
      await machine.run('systemctl stop tpmtbs');
      assert.equal(await handlesInTpm(machine, 'handles-transient'), '');
      assert.equal(await handlesInTpm(machine, 'handles-loaded-session'), '');
      await machine.run('systemctl start tpmtbs', { seconds: 400 });
      await machine.run('tpm2_getrandom -T tbs --hex 8', { user: 'bob' });
    },
  },
];

/** Starts a client that creates three keys and computes HMACs with them in turn. Its result goes to /tmp/mix-USER. */
export async function startMix(machine: VirtualMachine, user: string, milliseconds: number): Promise<void> {
  await machine.run(
    `systemd-run --quiet --collect --unit=mix-${user} --uid=${user} ` +
      `bash -c '/media/packages/tcti-bench tbs mix3 1 ${milliseconds} > /tmp/mix-${user} 2>&1; echo "status $?" >> /tmp/mix-${user}'`,
  );
}

function handlesInTpm(machine: VirtualMachine, which: string): Promise<string> {
  // /dev/tpm0 shows what is in the TPM; /dev/tpmrm0 would show only what its opener has loaded.
  return machine.run(`tpm2_getcap -T device:/dev/tpm0 ${which}`);
}
