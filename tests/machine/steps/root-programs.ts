import assert from 'node:assert/strict';
import type { Step } from '../steps.js';
import type { VirtualMachine } from '../virtual-machine.js';
import { restartAsInstalled, restartWith } from './broker-configuration.js';
import { startMix } from './restarts.js';

const MIX_MS = 10_000;
const SECRET = 'the secret of a service';
const SEAL_AND_UNSEAL =
  `printf %s '${SECRET}' | systemd-creds encrypt --with-key=tpm2 --name=secret - /tmp/secret.cred && ` +
  'systemd-creds decrypt --name=secret /tmp/secret.cred -';
const CRYPTSETUP = '/lib/systemd/systemd-cryptsetup';

/** systemd's own programs, which use /dev/tpmrm0, beside a broker whose client holds three keys. */
export const rootProgramSteps: readonly Step[] = [
  {
    title: "systemd seals and unseals with the TPM, and opens a volume by it, while a client's three keys lie idle",
    prove: async (machine) => {
      await startMix(machine, 'alice', MIX_MS);
      await untilKeysAre(machine, 'in the TPM');
      await machine.run('systemctl kill --signal=STOP mix-alice');
      await untilKeysAre(machine, 'saved');
      assert.equal(await machine.run(SEAL_AND_UNSEAL), SECRET);
      await makeVolume(machine);
      await machine.run(`${CRYPTSETUP} attach volume /dev/loop0 - tpm2-device=/dev/tpmrm0,headless=1`);
      await machine.run(`test -b /dev/mapper/volume && ${CRYPTSETUP} detach volume && losetup -d /dev/loop0`);
      await machine.run('systemctl kill --signal=CONT mix-alice');
      await untilMixHasEnded(machine);
    },
  },
  {
    title: 'systemd seals and unseals while a client sends commands, with /dev/tpmrm0 as the way to the TPM',
    prove: async (machine) => {
      await restartWith(machine, { transport: { device: { paths: ['/dev/tpmrm0'] } } });
      await startMix(machine, 'alice', 60_000);
      await untilKeysAre(machine, 'in the TPM');
      assert.equal(await machine.run(SEAL_AND_UNSEAL), SECRET);
      assert.equal((await machine.run('systemctl is-active mix-alice')).trim(), 'active');
      await untilMixHasEnded(machine);
      await restartAsInstalled(machine);
    },
  },
];

async function untilKeysAre(machine: VirtualMachine, where: 'in the TPM' | 'saved'): Promise<void> {
  await machine.until(`test "$(tbs resources | grep -c '${where}$')" -eq 3`);
}

async function untilMixHasEnded(machine: VirtualMachine): Promise<void> {
  const result = await machine.until('grep status /tmp/mix-alice');
  assert.match(result, /status 0/, await machine.run('cat /tmp/mix-alice'));
}

/** A LUKS volume on /dev/loop0 whose key the TPM holds. */
async function makeVolume(machine: VirtualMachine): Promise<void> {
  const format = 'cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000';
  await machine.run(
    'truncate -s 32M /tmp/volume && printf passphrase > /tmp/passphrase && losetup /dev/loop0 /tmp/volume && ' +
      `${format} --key-file /tmp/passphrase /dev/loop0 && ` +
      'PASSWORD=passphrase systemd-cryptenroll --tpm2-device=/dev/tpmrm0 --tpm2-pcrs=7 /dev/loop0',
  );
}
