import assert from 'node:assert/strict';
import type { Step } from '../steps.js';

const HOLD = 'exec sleep infinity 3<>/dev/tpm0';
const WHY = 'journalctl --no-pager -u tpmtbs -o cat --since "$(cat /tmp/since)"';

/** A TPM that another process holds, and one whose driver comes late. */
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
      await machine.until('systemctl is-active tpmtbs', { seconds: 400 });
      await machine.run('tpm2_getrandom -T tbs --hex 8', { user: 'alice' });
      assert.equal(await machine.run('stat -c "%U %a" /dev/tpm0'), 'tpmtbs 600\n');
    },
  },
];
