import assert from 'node:assert/strict';
import type { Step } from '../steps.js';
import type { VirtualMachine } from '../virtual-machine.js';

const DEFAULT_NODE = '/dev/tpm0';
const AS_INSTALLED = { eventActionsUser: 'tpmtbs-actions' };
const HOLD = 'exec sleep infinity 3<>/dev/tpm0';
const WHY = 'journalctl --no-pager -u tpmtbs -o cat --since "$(cat /tmp/since)"';

/** A TPM that another process holds, and one whose driver comes late. Configures the broker for its new name, if it has one. */
export const tpmElsewhereSteps: readonly Step[] = [
  {
    title: 'the broker names the process of another user that holds the TPM, and starts once that has ended',
    prove: async (machine) => {
      await machine.run('systemctl stop tpmtbs && date +"%F %T" > /tmp/since');
      await machine.run(`systemd-run --quiet --collect --unit=holder bash -c '${HOLD}'`);
      const pid = (
        await machine.until('ls -l /proc/*/fd 2>&1 | grep -q "/dev/tpm0$" && systemctl show -P MainPID holder')
      ).trim();
      await machine.run('systemctl start --no-block tpmtbs');
      await machine.until(`${WHY} | grep -E "held by .*\\b${pid}\\b"`, { seconds: 400 });
      await machine.run('systemctl stop holder');
      await machine.until('systemctl is-active tpmtbs', { seconds: 400 });
    },
  },
  {
    title:
      "the broker that starts without a TPM answers once the driver has brought it, whose devices are the broker's",
    prove: async (machine) => {
      await machine.run(
        'systemctl stop tpmtbs; device=$(readlink -f /sys/class/tpm/tpm0/device); ' +
          'basename "$device" > /tmp/device; readlink -f "$device/driver" > /tmp/driver; ' +
          'cat /tmp/device > "$(cat /tmp/driver)/unbind"',
      );
      await machine.run('test ! -e /dev/tpm0 && systemctl start --no-block tpmtbs');
      assert.notEqual((await machine.attempt('tbs status')).status, 0);
      await machine.run('cat /tmp/device > "$(cat /tmp/driver)/bind"');
      const node = (await machine.until('ls /dev/tpm[0-9]*')).trim();
      if (node !== DEFAULT_NODE) await useOnceNamed(machine, node);
      await machine.until('systemctl is-active tpmtbs', { seconds: 400 });
      await machine.run('tpm2_getrandom -T tbs --hex 8', { user: 'alice' });
      assert.equal(await machine.run(`stat -c "%U %a" ${node}`), 'tpmtbs 600\n');
    },
  },
];

/**
 * The kernel gives the TPM another number if a part of itself (IMA) still holds the earlier one. The broker never chooses
 * a TPM that it was not told to use, so it names this one and how to configure it.
 */
async function useOnceNamed(machine: VirtualMachine, node: string): Promise<void> {
  const says = `There is ${node}: name the right one in transport.device.paths`;
  await machine.until(`${WHY} | grep -F "${says}"`, { seconds: 400 });
  const configuration = JSON.stringify({ ...AS_INSTALLED, transport: { device: { paths: [node] } } });
  await machine.run(`echo '${configuration}' > /etc/tpmtbs/tbsd.json`);
}
