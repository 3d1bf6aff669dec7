import assert from 'node:assert/strict';
import type { Step } from '../steps.js';

const HIGHEST_EXPOSURE = 3.0;

/** The unit, its user and the device, as systemd and udev apply them. */
export const serviceSteps: readonly Step[] = [
  {
    title: 'the broker runs as its own user, and its state is closed to others',
    prove: async (machine) => {
      const process = 'ps -o user= -p "$(systemctl show -P MainPID tpmtbs)"';
      assert.equal((await machine.run(process)).trim(), 'tpmtbs');
      assert.equal((await machine.run('stat -c "%U %a" /var/lib/tpmtbs')).trim(), 'tpmtbs 700');
    },
  },
  {
    title: `systemd rates the exposure of the unit ${HIGHEST_EXPOSURE} or lower`,
    prove: async (machine, report) => {
      const text = await machine.run('systemd-analyze security --no-pager tpmtbs.service');
      const exposure = Number(/Overall exposure level for tpmtbs.service: ([\d.]+)/.exec(text)?.[1]);
      report.figure(`exposure ${exposure}`);
      assert.ok(exposure <= HIGHEST_EXPOSURE, text);
    },
  },
  {
    title: 'the broker gets a processor before the programs of services and users, and each user as much as another',
    prove: async (machine) => {
      const alice = Number(await machine.run('id -u alice'));
      await machine.run(`systemctl start user@${alice}.service`);
      const weightOf = async (group: string): Promise<string> =>
        (await machine.run(`cat /sys/fs/cgroup/${group}/cpu.weight`)).trim();
      assert.equal(await weightOf('tpmtbs.slice'), '1000');
      for (const group of ['system.slice', 'user.slice', `user.slice/user-${alice}.slice`]) {
        assert.equal(await weightOf(group), '100', group);
      }
      assert.match(
        await machine.run('systemctl show --property=ControlGroup tpmtbs'),
        /=\/tpmtbs\.slice\/tpmtbs\.service$/m,
      );
      await machine.run(`systemctl stop user@${alice}.service`);
    },
  },
  {
    title: "the TPM's devices belong to the broker's user, whatever tpm-udev says",
    prove: async (machine) => {
      const devices = await machine.run('stat -c "%n %U %a" /dev/tpm0 /dev/tpmrm0');
      assert.equal(devices, '/dev/tpm0 tpmtbs 600\n/dev/tpmrm0 tpmtbs 600\n');
      const { status } = await machine.attempt('tpm2_getrandom -T device:/dev/tpmrm0 --hex 8', { user: 'tara' });
      assert.notEqual(status, 0, 'a member of tss reaches the TPM past the broker');
    },
  },
  {
    title: 'nobody starts tpm2-abrmd by a call on D-Bus, and the broker has nothing to warn about',
    prove: async (machine) => {
      const { status } = await machine.attempt('tpm2_getrandom -T tabrmd --hex 8', { user: 'alice' });
      assert.notEqual(status, 0);
      assert.notEqual((await machine.attempt('systemctl is-active tpm2-abrmd')).status, 0);
      const { stdout } = await machine.attempt('tbs status');
      assert.doesNotMatch(stdout, /abrmdActivatable|tpmOpenToOthers/);
    },
  },
  {
    title: "root's services use the kernel's resource manager beside the broker",
    prove: async (machine) => {
      await machine.run('tpm2_createprimary -Q -C o -c /tmp/key.ctx -T device:/dev/tpmrm0');
    },
  },
  {
    title: 'the broker holds a delay lock, so that a suspend waits for it',
    prove: async (machine) => {
      await machine.until('systemd-inhibit --list --no-legend | grep -i tpm', { seconds: 300 });
    },
  },
  {
    title: 'the journal shows warnings by priority, and none of a rejected notification',
    prove: async (machine) => {
      const warnings = await machine.run('journalctl --no-pager -u tpmtbs -p warning');
      assert.match(warnings, /tpmLocksBeforePolicy/);
      const all = await machine.run('journalctl --no-pager -u tpmtbs');
      assert.doesNotMatch(all, /reception only permitted/);
    },
  },
];
