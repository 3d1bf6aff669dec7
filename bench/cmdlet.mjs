// npm run bench:cmdlet [-- --runs 15] [--pwsh PROGRAM]: measures how long a login script takes for the module.
//
// Cold: runs a session that imports TpmTbs.psd1 and calls its first cmdlet against a running broker, in turn with the
// same pwsh running only `exit`. Reports difference and ratio of the medians and of the minima (other work on the machine
// raises the minima less), and the processor time of each (user and system, all threads).
// Warm: reports the median of calls in one session, of 500 after the first 100, and of 500 after 2,000, when both
// runtimes have recompiled what runs often.
// PowerShell and the broker are as users have them: PowerShell compiled ahead of time, the broker's bundle on its own Node.js.
// The goals are in milliseconds, and were set where `exit` takes 291 ms: the first lines say how much slower this machine is.
// The exit code is 1 when a goal is missed. Uses the pinned PowerShell unless PROGRAM is given.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { shippedPrograms } from '../packaging/bundle/bundle.mjs';
import { findSdk } from '../tools/dotnet.mjs';
import { PrivateBroker } from '../tools/private-broker.mjs';
import { findPowerShell } from '../tools/pwsh.mjs';
import { canCompilePowerShell, readyToRunPowerShell } from './ready-to-run-powershell.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { runs: { type: 'string', default: '15' }, pwsh: { type: 'string' } } });
const runs = Number(values.runs);
const GOALS = { exitMs: 291, addedMs: 90, stretchAddedMs: 60, warmMs: 0.5 };
const manifest = path.join(root, 'TpmTbs.psd1');

const COLD = {
  'Get-TbsLockout': `Import-Module '${manifest}'; $null = Get-TbsLockout`,
  'Test-TbsCommandBlock': `Import-Module '${manifest}'; $null = Test-TbsCommandBlock TPM2_GetRandom`,
  'Submit-TbsCommand': `Import-Module '${manifest}'; $null = Submit-TbsCommand 80010000000C0000017B0008`,
};
const WARM = `
Import-Module '${manifest}'
$context = New-TbsContext
$bytes = [byte[]](0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7B, 0, 8)
$watch = [System.Diagnostics.Stopwatch]::new()
function Measure-Call([string]$Name, [scriptblock]$Call) {
    $times = [System.Collections.Generic.List[double]]::new()
    for ($i = 0; $i -lt 2500; $i++) { $watch.Restart(); $null = & $Call; $times.Add($watch.Elapsed.TotalMilliseconds) }
    $medians = 100, 2000 | ForEach-Object { $part = $times.GetRange($_, 500); $part.Sort(); $part[250].ToString([cultureinfo]::InvariantCulture) }
    [Console]::WriteLine("$Name\`t$($medians -join "\`t")")
}
Measure-Call 'Get-TbsLockout' { Get-TbsLockout }
Measure-Call 'Test-TbsCommandBlock' { Test-TbsCommandBlock TPM2_GetRandom }
Measure-Call 'Submit-TbsCommand -Context' { Submit-TbsCommand $bytes -Context $context }
Measure-Call 'Submit-TbsCommand' { Submit-TbsCommand $bytes }
`;

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function runScript(program, socket, script, wrapper = []) {
  const [first, ...rest] = [...wrapper, program, '-NoProfile', '-NonInteractive', '-Command', script];
  const begun = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(first, rest, {
    encoding: 'utf8',
    env: { ...process.env, TPMTBS_SOCKET: socket },
  });
  const elapsedMs = Number(process.hrtime.bigint() - begun) / 1e6;
  if (status !== 0 || stderr !== '') throw new Error(`PowerShell ended with ${status}: ${stderr}`);
  return { elapsedMs, stdout };
}

/** Returns the processor time of one run in milliseconds, as the shell's `times` counts it for its children. */
function processorMs(program, socket, script, folder) {
  const file = path.join(folder, 'times');
  const wrapper = ['/bin/sh', '-c', `"$@"; status=$?; times >'${file}'; exit $status`, 'sh'];
  runScript(program, socket, script, wrapper);
  const children = readFileSync(file, 'utf8').trim().split('\n')[1] ?? '';
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, m, s]) => sum + (Number(m) * 60 + Number(s)) * 1000,
    0,
  );
}

function measureCold(program, socket, folder) {
  const scripts = { exit: 'exit', ...COLD };
  const countsProcessor = existsSync('/bin/sh');
  const times = Object.fromEntries(Object.keys(scripts).map((name) => [name, []]));
  const processor = Object.fromEntries(Object.keys(scripts).map((name) => [name, []]));
  for (let run = -1; run < runs; run++) {
    for (const [name, script] of Object.entries(scripts)) {
      const { elapsedMs } = runScript(program, socket, script);
      const usedMs = countsProcessor ? processorMs(program, socket, script, folder) : 0;
      // The first round warms the file cache.
      if (run < 0) continue;
      times[name].push(elapsedMs);
      processor[name].push(usedMs);
    }
  }
  const base = { median: median(times.exit), least: Math.min(...times.exit), processor: median(processor.exit) };
  console.log(
    `pwsh alone (exit): ${base.median.toFixed(0)} ms at the median of ${runs} runs in turn, ${base.least.toFixed(0)} ms at least; ${base.processor.toFixed(0)} ms of processor time`,
  );
  console.log(
    `the goals were set where exit takes ${GOALS.exitMs} ms; here it takes ${(base.median / GOALS.exitMs).toFixed(2)} times as long`,
  );
  for (const name of Object.keys(COLD)) {
    const whole = median(times[name]);
    const added = whole - base.median;
    const addedLeast = Math.min(...times[name]) - base.least;
    const addedProcessor = median(processor[name]) - base.processor;
    console.log(
      `import and ${name}: ${whole.toFixed(0)} ms, adds ${added.toFixed(0)} ms (${(whole / base.median).toFixed(2)}×), ${verdictOf(added, GOALS.addedMs, GOALS.stretchAddedMs)}; least: adds ${addedLeast.toFixed(0)} ms; processor time: adds ${addedProcessor.toFixed(0)} ms`,
    );
  }
}

function measureWarm(program, socket) {
  for (const line of runScript(program, socket, WARM).stdout.trim().split('\n')) {
    const [name, ...medians] = line.split('\t');
    const [after100, after2000] = medians.map(Number);
    console.log(
      `warm ${name}: ${after100.toFixed(2)} ms at the median, ${verdictOf(after100, GOALS.warmMs)}; ${after2000.toFixed(2)} ms after 2,000 calls`,
    );
  }
}

/** Compares a figure with its goal, and sets the exit code of this program if the goal is missed. */
function verdictOf(ms, goalMs, stretchMs) {
  if (stretchMs !== undefined && ms <= stretchMs) return `within ${stretchMs} ms, the stretch of the goal`;
  if (ms <= goalMs) return `within the goal of ${goalMs} ms`;
  process.exitCode = 1;
  return `ABOVE the goal of ${goalMs} ms`;
}

async function choosePowerShell() {
  if (values.pwsh !== undefined) return path.resolve(values.pwsh);
  if (canCompilePowerShell && findSdk() !== undefined) return readyToRunPowerShell(console.error);
  return (await findPowerShell({ onProgress: console.error })).path;
}

const program = await choosePowerShell();
const shipped = await shippedPrograms();
console.log(`PowerShell: ${path.relative(root, program)}`);
const folder = mkdtempSync(path.join(tmpdir(), 'tbs-bench-'));
const broker = new PrivateBroker(folder);
try {
  const embedded = { stateFolder: path.join(folder, 'state', 'tpm') };
  await broker.start({ transport: { kind: 'embedded', embedded }, power: { logind: false } }, [
    shipped.node,
    path.join(shipped.folder, 'tbsd'),
  ]);
  measureCold(program, broker.rpcSocket, folder);
  measureWarm(program, broker.rpcSocket);
} finally {
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
}
