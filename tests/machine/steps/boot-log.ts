import assert from 'node:assert/strict';
import type { Step } from '../steps.js';

const LOG = '/sys/kernel/security/tpm0/binary_bios_measurements';

/** A busy host emulates PowerShell's start in minutes. */
export const PWSH_SECONDS = 600;

/** The firmware's measurements: two readers of the log and the PCRs of the TPM agree. */
export const bootLogSteps: readonly Step[] = [
  {
    title:
      "the module is found: Get-Tpm and Get-TbsStatus describe the TPM, and Test-TpmEventLog finds the log's values in it",
    prove: async (machine) => {
      // One process: PowerShell takes a minute to start in an emulated machine.
      const questions = [
        '(Get-Tpm).TpmPresent',
        '(Get-TbsStatus).State',
        '(Get-TbsStatus).Tpm.ToString()',
        '(Test-TpmEventLog).Matches',
        '(Get-TpmEventLog).Count',
      ];
      const answer = await machine.run(pwsh(questions.join('; ')), { seconds: PWSH_SECONDS });
      const [present, state, tpm, matches, events] = answer.trim().split('\n');
      assert.deepEqual([present, state, matches], ['True', 'Running', 'True']);
      assert.match(String(tpm), /^2\.0, IBM/);
      assert.equal(Number(events), Number(await machine.run(`tpm2_eventlog ${LOG} | grep -c EventNum`)));
      assert.ok(Number(events) > 10, answer);
    },
  },
  {
    title: 'tpm2_eventlog and the PCRs that an ordinary user reads agree',
    prove: async (machine) => {
      const replayed = pcrValues(await machine.run(`tpm2_eventlog ${LOG} | sed -n '/^pcrs:/,$p'`));
      const read = pcrValues(await machine.run('tpm2_pcrread -T tbs sha256', { user: 'alice' }));
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
