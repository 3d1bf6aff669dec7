import assert from 'node:assert/strict';
import { GET_RANDOM_12 } from '../../support/tpm12-commands.js';
import type { Step } from '../steps.js';
import { PWSH_SECONDS, pwsh } from './boot-log.js';
import { INSTALL } from './installation.js';

const BROKER_CONFIGURATION = '{ "simulator": { "bare": "tcp:127.0.0.1:6545" } }';
/** As docs/trousers.md has it. */
const TCSD_DROP_IN = `[Unit]
After=tpmtbs.service
Requires=tpmtbs.service

[Service]
User=tss
Type=exec
Environment=TCSD_USE_TCP_DEVICE=1 TCSD_TCP_DEVICE_HOSTNAME=127.0.0.1 TCSD_TCP_DEVICE_PORT=6545
ExecStart=
ExecStart=/usr/sbin/tcsd -e -f
`;
const GET_RANDOM_8 = GET_RANDOM_12.toString('hex');

/** A TPM 1.2: the service, the kernel's file for cancelling, the log, trousers, and sleep. */
export const tpm12Steps: readonly Step[] = [
  {
    title: 'the installation starts the broker, which recognises a TPM 1.2',
    prove: async (machine) => {
      assert.match(await machine.run(INSTALL, { seconds: 300 }), /found \/dev\/tpm0; the broker starts/);
      await machine.until('systemctl is-active tpmtbs', { seconds: 400 });
      assert.match((await machine.attempt('tbs status')).stdout, /TPM\s+1\.2/);
    },
  },
  {
    title: 'an ordinary user gets random numbers',
    prove: async (machine) => {
      assert.match(await machine.run(`tbs submit ${GET_RANDOM_8}`, { user: 'alice' }), /TPM_SUCCESS|0x00000000/);
    },
  },
  {
    title: "the kernel's cancel file belongs to the broker's user, and the broker uses it",
    prove: async (machine) => {
      assert.equal(await machine.run('stat -L -c %U /sys/class/tpm/tpm0/cancel'), 'tpmtbs\n');
      assert.doesNotMatch((await machine.attempt('tbs status')).stdout, /^Cancellation\s+none/m);
    },
  },
  {
    title: "the firmware's log agrees with the PCRs",
    prove: async (machine) => {
      const answer = await machine.run(pwsh('(Get-TpmEventLog).Count; (Test-TpmEventLog).Matches'), {
        seconds: PWSH_SECONDS,
      });
      const [count, matches] = answer.trim().split('\n');
      assert.ok(Number(count) > 0, answer);
      assert.equal(matches, 'True');
    },
  },
  {
    title: 'tpm_version of trousers answers through the broker',
    prove: async (machine) => {
      await machine.run(`echo '${BROKER_CONFIGURATION}' > /etc/tpmtbs/tbsd.json && systemctl restart tpmtbs`, {
        seconds: 400,
      });
      await machine.run(
        `mkdir -p /etc/systemd/system/tcsd.service.d && ` +
          `printf '%s' '${TCSD_DROP_IN}' > /etc/systemd/system/tcsd.service.d/broker.conf && ` +
          'systemctl daemon-reload && systemctl restart tcsd',
      );
      assert.match(await machine.until('tpm_version', { seconds: 300 }), /Chip Version:\s+1\.2/);
    },
  },
  {
    title: 'the machine sleeps (S3) and wakes, and the broker goes on',
    prove: async (machine) => {
      await machine.sleepAndWake();
      assert.match(await machine.run(`tbs submit ${GET_RANDOM_8}`, { user: 'alice' }), /TPM_SUCCESS|0x00000000/);
      await machine.until('tpm_version', { seconds: 300 });
    },
  },
];
