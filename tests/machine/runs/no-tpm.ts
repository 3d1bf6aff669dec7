import { doesNotMatch, equal, match, notEqual } from 'node:assert/strict';
import { INSTALL } from '../steps/installation.js';
import type { MachineRun } from './machine-run.js';

/** Run C. */
export const noTpm: MachineRun = {
  title: 'SeaBIOS and no TPM',
  parts: { firmware: 'seabios' },
  steps: [
    {
      title: 'the installation says that there is no TPM, and does not start the broker',
      prove: async (machine) => {
        match(await machine.run(INSTALL), /no \/dev\/tpm0/);
        equal((await machine.attempt('systemctl is-active tpmtbs')).stdout.trim(), 'inactive');
      },
    },
    {
      title: 'a broker that is started refuses, and names what is missing',
      prove: async (machine) => {
        notEqual((await machine.attempt('tbsd')).status, 0);
        match((await machine.attempt('tbsd')).stderr, /\/dev\/tpm0/);
      },
    },
    {
      title: 'a client says that no broker listens',
      prove: async (machine) => {
        const { status, stderr } = await machine.attempt('tbs status');
        notEqual(status, 0);
        match(stderr, /rpc\.sock/);
      },
    },
    {
      title: 'is removed and purged without a trace',
      prove: async (machine) => {
        await machine.run('dpkg -P tpmtbs tpmtbs-node libtpmtbs0 libtss2-tcti-tbs0');
        doesNotMatch(await machine.run('ls /etc /var/lib /var/log /usr/lib'), /^tpmtbs/m);
      },
    },
  ],
};
