import assert from 'node:assert/strict';
import type { Step } from '../steps.js';
import type { VirtualMachine } from '../virtual-machine.js';
import { restartAsInstalled, restartWith } from './broker-configuration.js';
import { callBroker } from './call-broker.js';

const CONFIGURATION = { directory: { server: 'dc1.corp.example', domain: 'corp.example' } };
const CREDENTIAL = '/etc/credstore.encrypted/tpmtbs.directory';

/**
 * The account for the backup to AD DS, up to the server that this machine without a network cannot reach: the reason of
 * the failure shows how far the broker came.
 */
export const directoryAccountSteps: readonly Step[] = [
  {
    title:
      "without a keytab the machine has not joined; with root's keytab the broker reads it and looks for the server",
    prove: async (machine) => {
      await restartWith(machine, CONFIGURATION);
      assert.match(await testOfBackup(machine), /"reason":"notJoined"/);
      await machine.run(`umask 077; printf '${keytab('HOST/other')}' > /etc/krb5.keytab`);
      assert.equal(await machine.run('stat -c "%U %a" /etc/krb5.keytab'), 'root 600\n');
      assert.match(await testOfBackup(machine), /it has HOST\/other@CORP\.EXAMPLE/);
      await machine.run(`printf '${keytab('MACHINE$')}' > /etc/krb5.keytab`);
      assert.match(await testOfBackup(machine), /"reason":"noServer"/);
      await machine.run('rm /etc/krb5.keytab');
    },
  },
  {
    title: 'systemd decrypts the password of the directory for the broker alone, which uses it after a restart',
    prove: async (machine) => {
      await machine.run('mkdir -p /etc/credstore.encrypted');
      await encryptCredential(machine, '{"user":"MACHINE$@corp.example"}');
      await restartWith(machine, CONFIGURATION);
      assert.match(await testOfBackup(machine), /not a JSON object of exactly the texts/);
      await encryptCredential(machine, '{"user":"MACHINE$@corp.example","password":"correct horse"}');
      await restartWith(machine, CONFIGURATION);
      assert.match(await testOfBackup(machine), /"reason":"noServer"/);
      const { status } = await machine.attempt('cat /run/credentials/tpmtbs.service/*', { user: 'alice' });
      assert.notEqual(status, 0);
      assert.doesNotMatch(await machine.run('journalctl --no-pager -u tpmtbs'), /correct horse/);
      assert.doesNotMatch(await machine.run(`cat ${CREDENTIAL}`), /correct horse/);
      await machine.run(`rm ${CREDENTIAL}`);
      await restartAsInstalled(machine);
    },
  },
];

function testOfBackup(machine: VirtualMachine): Promise<string> {
  return callBroker(machine, 'ownerAuthBackup/test');
}

async function encryptCredential(machine: VirtualMachine, json: string): Promise<void> {
  await machine.run(`printf %s '${json}' | systemd-creds encrypt --name=tpmtbs.directory - ${CREDENTIAL}`);
}

/** A keytab of MIT Kerberos (format 0x0502) with one AES-256 key of a principal, escaped for printf. */
function keytab(principal: string): string {
  const components = principal.split('/');
  const names = ['CORP.EXAMPLE', ...components].map((text) => [...number(2, text.length), ...Buffer.from(text)]);
  const [nameType, timestamp, version, keyType, keySize] = [number(4, 1), number(4, 0), [1], number(2, 18), 32];
  const key = [...keyType, ...number(2, keySize), ...Buffer.alloc(keySize, 7)];
  const entry = [...number(2, components.length), ...names.flat(), ...nameType, ...timestamp, ...version, ...key];
  const bytes = [5, 2, ...number(4, entry.length), ...entry];
  return bytes.map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

function number(size: number, value: number): number[] {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return [...bytes];
}
