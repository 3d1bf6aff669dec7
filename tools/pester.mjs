// Runs the Pester files: with Pester 5 where it is installed, otherwise with tools/pester-runner.
//   node tools/pester.mjs [--json FILE] [--tag T] [--exclude-tag T] [--full-name PATTERN]
//                         [--output Normal|Detailed] [--runner] [files and folders; Pester/ unless given]
// The exit code is 0 only if a test ran and none failed.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { findPowerShell } from './pwsh.mjs';

const toolsFolder = path.dirname(fileURLToPath(import.meta.url));
const ownRunner = path.join(toolsFolder, 'pester-runner', 'Invoke-PesterRunner.ps1');
const installedRunner = path.join(toolsFolder, 'pester-runner', 'Invoke-InstalledPester.ps1');

/**
 * @param {{ paths: string[], tags?: string[], excludeTags?: string[], fullName?: string, output?: string,
 *   useOwnRunner?: boolean, json?: string, onProgress?: (message: string) => void }} options
 * @returns {Promise<{ passed: number, failed: number, skipped: number, notRun: number, runner: string, files: object[] }>}
 *   What the runner wrote. A run that ended before its result was written counts as one more failure.
 */
export async function runPester(options) {
  const powershell = await findPowerShell({ onProgress: options.onProgress });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pester-result-'));
  const resultFile = path.join(folder, 'result.json');
  try {
    const script = !options.useOwnRunner && (await hasPester5(powershell)) ? installedRunner : ownRunner;
    const code = await run(powershell, [
      '-NoProfile',
      '-NonInteractive',
      '-Command',
      commandFor(script, options, resultFile),
    ]);
    const result = readResult(resultFile, code);
    if (options.json) {
      fs.mkdirSync(path.dirname(path.resolve(options.json)), { recursive: true });
      fs.writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
    }
    return result;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** -File takes no lists, so the call is a command; every value in it is a single-quoted literal. */
function commandFor(script, options, resultFile) {
  const parts = [`& ${quoted(script)}`, `-Path ${list(options.paths)}`, `-ResultPath ${quoted(resultFile)}`];
  if (options.tags?.length) {
    parts.push(`-Tag ${list(options.tags)}`);
  }
  if (options.excludeTags?.length) {
    parts.push(`-ExcludeTag ${list(options.excludeTags)}`);
  }
  if (options.fullName) {
    parts.push(`-FullNameFilter ${quoted(options.fullName)}`);
  }
  parts.push(`-Output ${quoted(options.output ?? 'Detailed')}`);
  return `${parts.join(' ')}; exit $LASTEXITCODE`;
}

function list(values) {
  return `@(${values.map(quoted).join(', ')})`;
}

function quoted(text) {
  // PowerShell also ends a single-quoted string at the typographic quotes.
  return `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`;
}

async function hasPester5({ path: program, args }) {
  const command = "exit [int](-not (Get-Module -ListAvailable Pester | Where-Object { $_.Version -ge '5.0' }))";
  return (await run({ path: program, args }, ['-NoProfile', '-NonInteractive', '-Command', command], 'ignore')) === 0;
}

function run({ path: program, args }, more, output = 'inherit') {
  const child = spawn(program, [...args, ...more], { stdio: ['ignore', output, output] });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ?? code));
  });
}

function readResult(file, code) {
  try {
    const result = JSON.parse(fs.readFileSync(file, 'utf8'));
    if (result.complete) {
      // Nothing executed is no success; nor is a runner that failed after its last test.
      const ranNothing = result.passed + result.failed + result.skipped === 0;
      return { ...result, failed: result.failed + (ranNothing || (result.failed === 0 && code !== 0) ? 1 : 0) };
    }
  } catch {
    // Told below: the runner has left no result.
  }
  const failure = {
    stage: 'Runner',
    message: `The runner ended with ${code} before it had a result: does a test file call exit?`,
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
      json: { type: 'string' },
      tag: { type: 'string', multiple: true },
      'exclude-tag': { type: 'string', multiple: true },
      'full-name': { type: 'string' },
      output: { type: 'string' },
      runner: { type: 'boolean' },
    },
  });
  const result = await runPester({
    paths: (positionals.length ? positionals : [path.join(path.dirname(toolsFolder), 'Pester')]).map((item) =>
      path.resolve(item),
    ),
    tags: values.tag,
    excludeTags: values['exclude-tag'],
    fullName: values['full-name'],
    output: values.output,
    useOwnRunner: values.runner,
    json: values.json,
    onProgress: (message) => console.error(message),
  });
  if (!result.complete) {
    console.error(result.files[0].failures[0].message);
  }
  process.exitCode = result.failed === 0 ? 0 : 1;
}

if (process.argv[1] && import.meta.url === pathToFileURL(fs.realpathSync(process.argv[1])).href) {
  main().catch((error) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 69;
  });
}
