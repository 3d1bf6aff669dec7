// Runs Pester files with an installed Pester 5.5 or later, or with the pinned one if none is installed.
//   node tools/pester.mjs [--pester 5] [--json FILE] [--tag T] [--exclude-tag T] [--full-name PATTERN]
//                         [--output Normal|Detailed] [files and folders; Pester/ unless given]
// `--pester 5` uses Pester 5. The exit code is 0 only if a test ran and none failed.

import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { MissingProgramError } from './dotnet.mjs';
import { fetchPackage, pinnedPackages } from './nuget.mjs';
import { findPowerShell } from './pwsh.mjs';

const toolsFolder = path.dirname(fileURLToPath(import.meta.url));
const LOWEST_VERSION = '5.5';

/**
 * @param {{ paths: string[], pester?: '5', tags?: string[], excludeTags?: string[], fullName?: string, output?: string,
 *   json?: string, onProgress?: (message: string) => void }} options
 * @returns {Promise<{ passed: number, failed: number, skipped: number, notRun: number, runner: string, files: object[] }>}
 *   What the run wrote. A run that ended before its result was written counts as one more failure.
 */
export async function runPester(options) {
  const powershell = await findPowerShell(options);
  const module = await findPester(powershell, options);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pester-result-'));
  const resultPath = path.join(folder, 'result.json');
  const optionsPath = path.join(folder, 'options.json');
  try {
    fs.writeFileSync(optionsPath, JSON.stringify({ module, resultPath, configuration: configurationFor(options) }));
    const code = await runScript(powershell, path.join(toolsFolder, 'Invoke-PesterFiles.ps1'), optionsPath);
    const result = readResult(resultPath, code);
    if (options.json) {
      fs.mkdirSync(path.dirname(path.resolve(options.json)), { recursive: true });
      fs.writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
    }
    return result;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Returns the path of the Pester module to import. */
export async function findPester(powershell, { pester, onProgress } = {}) {
  const installed = installedPester(powershell, pester);
  if (installed !== undefined) return installed;
  const pinned = pester === '5' ? pinnedPackages.pester5 : pinnedPackages.pester6;
  return path.join(await fetchPackage(pinned, onProgress), 'tools', 'Pester.psd1');
}

function installedPester(powershell, major) {
  const newEnough = `$_.Version -ge '${LOWEST_VERSION}'${major === undefined ? '' : ` -and $_.Version.Major -eq ${major}`}`;
  const command =
    `Get-Module -ListAvailable Pester | Where-Object { ${newEnough} } | ` +
    'Sort-Object Version | Select-Object -Last 1 -ExpandProperty Path';
  const args = ['-NoProfile', '-NonInteractive', '-Command', command];
  const { stdout } = spawnSync(powershell.path, args, { encoding: 'utf8' });
  return stdout?.trim() || undefined;
}

function configurationFor({ paths, tags, excludeTags, fullName, output }) {
  return {
    Run: { Path: paths },
    Filter: {
      ...(tags?.length && { Tag: tags }),
      ...(excludeTags?.length && { ExcludeTag: excludeTags }),
      ...(fullName && { FullName: fullName }),
    },
    Output: { Verbosity: output ?? 'Detailed' },
  };
}

/** Runs a script with `pwsh` on PATH, because tests start their own sessions. */
function runScript(powershell, script, ...args) {
  const child = spawn(powershell.path, ['-NoProfile', '-NonInteractive', '-File', script, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, PATH: `${powershell.folder}${path.delimiter}${process.env.PATH ?? ''}` },
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ?? code));
  });
}

function readResult(file, code) {
  try {
    const result = JSON.parse(fs.readFileSync(file, 'utf8'));
    if (result.complete) {
      // A run without tests is not a success, nor is a run that failed after its last test.
      const ranNothing = result.passed + result.failed + result.skipped === 0;
      return { ...result, failed: result.failed + (ranNothing || (result.failed === 0 && code !== 0) ? 1 : 0) };
    }
  } catch {
    // Reported below: the run has written no result.
  }
  const failure = {
    stage: 'Run',
    message: `PowerShell ended with ${code} before there was a result: does a test file call exit?`,
    where: '',
  };
  return {
    runner: 'none',
    passed: 0,
    failed: 1,
    skipped: 0,
    notRun: 0,
    complete: false,
    files: [{ path: '', failures: [failure], tests: [] }],
  };
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      pester: { type: 'string' },
      json: { type: 'string' },
      tag: { type: 'string', multiple: true },
      'exclude-tag': { type: 'string', multiple: true },
      'full-name': { type: 'string' },
      output: { type: 'string' },
    },
  });
  if (values.pester !== undefined && values.pester !== '5') throw new Error('--pester takes 5');
  const result = await runPester({
    paths: (positionals.length ? positionals : [path.join(path.dirname(toolsFolder), 'Pester')]).map((item) =>
      path.resolve(item),
    ),
    pester: values.pester,
    tags: values.tag,
    excludeTags: values['exclude-tag'],
    fullName: values['full-name'],
    output: values.output,
    json: values.json,
    onProgress: (message) => console.error(message),
  });
  if (!result.complete) console.error(result.files[0].failures[0].message);
  process.exitCode = result.failed === 0 ? 0 : 1;
}

if (process.argv[1] && import.meta.url === pathToFileURL(fs.realpathSync(process.argv[1])).href) {
  main().catch((error) => {
    console.error(error instanceof MissingProgramError ? error.message : error);
    process.exitCode = 69;
  });
}
