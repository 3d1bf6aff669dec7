import assert from 'node:assert/strict';
import type { Step } from '../steps.js';

const LOG = '/sys/kernel/security/tpm0/binary_bios_measurements';

/** The firmware's measurements: two readers of the log and the PCRs of the TPM agree. */
export const bootLogSteps: readonly Step[] = [
  {
    title: "the module is found, and Get-Tpm and Get-TbsStatus describe the machine's TPM",
    prove: async (machine) => {
      const command = '(Get-Tpm).TpmPresent; (Get-TbsStatus).State; (Get-TbsStatus).Tpm.ToString()';
      const answer = await machine.run(pwsh(command), { seconds: 240 });
      assert.match(answer, /^True\nRunning\n2\.0, IBM/);
    },
  },
  {
    title: 'Get-TpmEventLog and tpm2_eventlog read as many events',
    prove: async (machine) => {
      const ours = await machine.run(pwsh('(Get-TpmEventLog).Count'), { seconds: 240 });
      const theirs = await machine.run(`tpm2_eventlog ${LOG} | grep -c EventNum`);
      assert.ok(Number(ours) > 10, ours);
      assert.equal(Number(ours), Number(theirs));
    },
  },
  {
    title: 'Test-TpmEventLog, tpm2_eventlog and the PCRs agree',
    prove: async (machine) => {
      assert.equal((await machine.run(pwsh('(Test-TpmEventLog).Matches'), { seconds: 240 })).trim(), 'True');
      const replayed = pcrValues(await machine.run(`tpm2_eventlog ${LOG} | sed -n '/^pcrs:/,$p'`));
      const read = pcrValues(await machine.run('tpm2_pcrread -T tbs sha256'));
      assert.ok(replayed.size >= 8, [...replayed.keys()].join());
      for (const [pcr, value] of replayed) assert.equal(read.get(pcr), value, `PCR ${pcr}`);
    },
  },
];

/** Reads the SHA-256 values from lines such as "  7 : 0x98…". */
function pcrValues(text: string): Map<number, string> {
  const values = text.matchAll(/^\s+(\d+)\s*: 0x([0-9a-f]{64})\s*$/gim);
  return new Map([...values].map(([, pcr, value]) => [Number(pcr), String(value).toLowerCase()]));
}

export function pwsh(command: string): string {
  return `NO_COLOR=1 POWERSHELL_TELEMETRY_OPTOUT=1 pwsh -NoProfile -NonInteractive -Command ${`'${command}'`}`;
}
