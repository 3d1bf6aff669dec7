import assert from 'node:assert/strict';
import type { Step } from '../steps.js';

const names = ['tpmtbs-node', 'tpmtbs', 'libtpmtbs0', 'libtss2-tcti-tbs0'];
export const INSTALL = `dpkg -i ${names.map((name) => `/media/packages/${name}.deb`).join(' ')} 2>&1`;

export const installationSteps: readonly Step[] = [
  {
    title: 'the kernel has found the TPM, and its resource manager',
    prove: async (machine) => {
      await machine.run('test -c /dev/tpm0 && test -c /dev/tpmrm0');
    },
  },
  {
    title: 'dpkg installs the packages, and the installation finds the TPM and starts the broker',
    prove: async (machine) => {
      assert.match(await machine.run(INSTALL, { seconds: 300 }), /found \/dev\/tpm0; the broker starts/);
      await machine.until('systemctl is-active tpmtbs');
      assert.equal((await machine.run('systemctl is-enabled tpmtbs')).trim(), 'enabled');
    },
  },
  {
    title: 'the broker owns the TPM and answers root',
    prove: async (machine) => {
      const { status, stdout } = await machine.attempt('tbs status');
      // 3: degraded. A new swtpm locks before the policy does.
      assert.ok(status === 0 || status === 3, stdout);
      assert.match(stdout, /TPM\s+2\.0/);
      assert.match(stdout, /Transport\s+device \/dev\/tpm0/);
    },
  },
  {
    title: 'an ordinary user gets random numbers through the TCTI',
    prove: async (machine) => {
      const random = await machine.run('tpm2_getrandom -T tbs --hex 8', { user: 'alice' });
      assert.match(random, /^[0-9a-f]{16}\n?$/);
    },
  },
];
