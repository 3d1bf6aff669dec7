import assert from 'node:assert/strict';
import type { Step } from '../steps.js';
import { INSTALL } from './installation.js';

/** Upgrade, removal and purge. */
export const packageLifeSteps: readonly Step[] = [
  {
    title: 'an upgrade restarts the broker and keeps state and configuration, also what root owned',
    prove: async (machine) => {
      await machine.run('dpkg -P tpmtbs && dpkg -i /media/packages/older.deb', { seconds: 300 });
      await machine.until('systemctl is-active tpmtbs', { seconds: 400 });
      await machine.run('tbs block add TPM2_Hash');
      await machine.run('systemctl stop tpmtbs && chown -R root:root /var/lib/tpmtbs /var/log/tpmtbs');
      await machine.run('systemctl start tpmtbs', { seconds: 400 });
      const before = await machine.run('systemctl show -P MainPID tpmtbs');
      await machine.run(INSTALL, { seconds: 300 });
      await machine.until('systemctl is-active tpmtbs', { seconds: 400 });
      assert.notEqual(await machine.run('systemctl show -P MainPID tpmtbs'), before);
      assert.match(await machine.run('tbs block list --blocked'), /TPM2_Hash\b/);
      await machine.run('tpm2_getrandom -T tbs --hex 8', { user: 'alice' });
    },
  },
  {
    title: 'removal keeps state and configuration, and gives back the devices and tpm2-abrmd',
    prove: async (machine) => {
      await machine.run('dpkg -r tpmtbs', { seconds: 400 });
      await machine.run('test -d /var/lib/tpmtbs -a -e /etc/tpmtbs/tbsd.json -a ! -e /usr/lib/tpmtbs');
      assert.equal(await machine.run('stat -c "%U %a" /dev/tpm0'), 'tss 660\n');
      assert.equal(await machine.run('stat -c "%U:%G %a" /dev/tpmrm0'), 'tss:tss 660\n');
      assert.notEqual((await machine.run('systemctl show -P LoadState tpm2-abrmd')).trim(), 'masked');
      await machine.run('tpm2_getrandom -T tabrmd --hex 8', { user: 'tara' });
    },
  },
  {
    title: 'purge leaves nothing',
    prove: async (machine) => {
      await machine.run('dpkg -P tpmtbs tpmtbs-node libtpmtbs0 libtss2-tcti-tbs0', { seconds: 400 });
      const left = await machine.run(
        'find /etc /run /usr /var /opt -name "*tpmtbs*" -not -path "/var/lib/dpkg/*" | sort',
      );
      assert.equal(left, '');
    },
  },
];
