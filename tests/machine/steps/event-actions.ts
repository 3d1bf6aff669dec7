import assert from 'node:assert/strict';
import type { Step } from '../steps.js';
import type { VirtualMachine } from '../virtual-machine.js';
import { PWSH_SECONDS } from './boot-log.js';

const SERVICE = 'tpmtbs-actions';
const HIGHEST_EXPOSURE = 2.0;
const MAIN_PID = `systemctl show -P MainPID ${SERVICE}`;
const FOLDER = '/etc/tpmtbs/actions.d';
const STATE = '/var/lib/tpmtbs-actions';

/** Writes a line with what the event was and what the sandbox lets a script see and do. */
const RECORD = `param($TbsEvent)
$canWrite = try { Set-Content /etc/tpmtbs/written x -ErrorAction Stop; $true } catch { $false }
"$($TbsEvent.Kind) $(id -un) device=$(Test-Path /dev/tpm0) writes=$canWrite" >> ${STATE}/record
`;
const RECORDED = 'listChanged tpmtbs-actions device=False writes=False';
/** PowerShell cannot stop this script, so the service ends its process. */
const HANG = '[Threading.Thread]::Sleep(600000)\n';

/** The service of event actions, as the package installs it and systemd runs it. */
export const eventActionSteps: readonly Step[] = [
  {
    title: `the service of event actions starts as its own user, and systemd rates its exposure ${HIGHEST_EXPOSURE} or lower`,
    prove: async (machine, report) => {
      assert.equal((await machine.attempt(`systemctl is-active ${SERVICE}`)).stdout.trim(), 'inactive');
      await machine.run(`systemctl enable --now ${SERVICE}`);
      await machine.until(`journalctl --no-pager -u ${SERVICE} | grep "following the events of the broker"`);
      assert.equal((await machine.run(`ps -o user:32= -p "$(${MAIN_PID})"`)).trim(), SERVICE);
      assert.equal((await machine.run(`stat -c "%U %a" ${STATE}`)).trim(), `${SERVICE} 700`);
      const text = await machine.run(`systemd-analyze security --no-pager ${SERVICE}.service`);
      const exposure = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(text)?.[1]);
      report.figure(`exposure ${exposure}`);
      assert.ok(exposure <= HIGHEST_EXPOSURE, text);
    },
  },
  {
    title: 'an event runs the registered script as that user, which sees no TPM and cannot write outside of its folder',
    prove: async (machine) => {
      await register(machine, 'record', 'listChanged', RECORD);
      await machine.run('tbs block add TPM2_Hash');
      await untilRecorded(machine, 1);
      assert.equal(await machine.run(`cat ${STATE}/record`), `${RECORDED}\n`);
    },
  },
  {
    title: 'a script that hangs is ended, with its process, and the next event runs its script',
    prove: async (machine) => {
      await register(machine, 'hang', 'policyChanged', HANG);
      await machine.run('tbs policy set standardUserAuthorizationFailureIndividualThreshold=3');
      await machine.until('tbs action list --json | tr -d " \\n" | grep \'"lastResult":"timedOut"\'', {
        seconds: PWSH_SECONDS,
      });
      await machine.run('tbs action unregister hang && tbs block remove TPM2_Hash');
      await untilRecorded(machine, 2);
    },
  },
  {
    title: 'the service outlives a restart of the broker, and goes on with the registered scripts',
    prove: async (machine) => {
      const before = await machine.run(MAIN_PID);
      const lines = `journalctl --no-pager -u ${SERVICE} | grep -c "following the events of the broker"`;
      const connected = Number(await machine.run(lines));
      await machine.run('systemctl restart tpmtbs', { seconds: 400 });
      await machine.until(`test "$(${lines})" -gt ${connected}`);
      await machine.run('tbs block add TPM2_Hash');
      await untilRecorded(machine, 3);
      assert.equal(await machine.run(MAIN_PID), before);
      await machine.run('tbs block remove TPM2_Hash');
    },
  },
  {
    title: 'a removal of the package ends the service and disables its unit',
    prove: async (machine) => {
      await machine.run('dpkg -r tpmtbs', { seconds: 400 });
      assert.equal((await machine.run(`systemctl show -P LoadState ${SERVICE}`)).trim(), 'not-found');
      assert.notEqual((await machine.attempt(`pgrep --euid ${SERVICE}`)).status, 0, 'a process of the service is left');
      await machine.run(`test ! -e /etc/systemd/system/multi-user.target.wants/${SERVICE}.service`);
    },
  },
];

async function register(machine: VirtualMachine, name: string, kind: string, script: string): Promise<void> {
  const file = `${FOLDER}/${name}.ps1`;
  const text = Buffer.from(script).toString('base64');
  await machine.run(`echo ${text} | base64 -d > ${file} && chmod 0644 ${file}`);
  await machine.run(`tbs action register ${file} --kind ${kind}`);
}

/** PowerShell starts when the first action is registered and after each hang, which takes a minute in emulation. */
async function untilRecorded(machine: VirtualMachine, lines: number): Promise<void> {
  await machine.until(`test "$(wc -l < ${STATE}/record)" -ge ${lines}`, { seconds: PWSH_SECONDS });
}
