// Finds PowerShell 7.4 or later, or fetches the pinned one into .cache/ if none is installed.
//   import { findPowerShell } from './pwsh.mjs'      { path, folder, isInstalled }
//   node tools/pwsh.mjs [arguments of pwsh]          runs it in place of this process

import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { findDotnet, MissingProgramError } from './dotnet.mjs';
import { fetchTool, pinnedPackages, toolPackageFolder } from './nuget.mjs';

const LOWEST_VERSION = [7, 4];
const programName = process.platform === 'win32' ? 'pwsh.exe' : 'pwsh';

/**
 * @param {{ onProgress?: (message: string) => void }} [options] onProgress hears of anything that takes time.
 * @returns {Promise<{ path: string, folder: string, isInstalled: boolean }>}
 *   `folder` holds the program: put it first on PATH for programs that look for `pwsh` there, such as node-powershell.
 */
export async function findPowerShell({ onProgress } = {}) {
  const installed = installedPowerShell();
  const program = installed ?? (await fetchedPowerShell(onProgress));
  return { path: program, folder: path.dirname(program), isInstalled: installed !== undefined };
}

/** Returns the first `pwsh` on PATH that is new enough. */
function installedPowerShell() {
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter(path.isAbsolute)
    .map((folder) => path.join(folder, programName))
    .find((candidate) => isFile(candidate) && runsNewEnough(candidate));
}

function isFile(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

function runsNewEnough(program) {
  const { stdout } = spawnSync(program, ['-Version'], { encoding: 'utf8', timeout: 30_000 });
  const version = /^PowerShell (\d+)\.(\d+)/
    .exec(stdout ?? '')
    ?.slice(1)
    .map(Number);
  if (version === undefined) return false;
  const [major, minor] = version;
  return major > LOWEST_VERSION[0] || (major === LOWEST_VERSION[0] && minor >= LOWEST_VERSION[1]);
}

async function fetchedPowerShell(onProgress) {
  const folder = await fetchTool(pinnedPackages.powershell, onProgress);
  // PowerShell's starter needs this variable to find the runtime if .NET is not in one of its usual folders.
  const dotnet = findDotnet();
  if (dotnet !== undefined) process.env.DOTNET_ROOT ??= dotnet.root;
  process.env.POWERSHELL_TELEMETRY_OPTOUT ??= '1';
  process.env.POWERSHELL_UPDATECHECK ??= 'Off';
  const own = path.join(homeOfTool(folder), programName);
  // The tool's own starter runs PowerShell in a second process, which signals to the first do not reach. The package
  // also contains the PowerShell program itself, compiled for x64.
  return process.arch === 'x64' && process.platform !== 'darwin' ? own : path.join(folder, programName);
}

/** Returns $PSHOME of a PowerShell that was fetched as a tool. */
export function homeOfTool(folder) {
  const frameworks = path.join(toolPackageFolder(folder, pinnedPackages.powershell), 'tools');
  const [framework] = fs.readdirSync(frameworks);
  return path.join(frameworks, framework, 'any', process.platform === 'win32' ? 'win' : 'unix');
}

async function main() {
  const { path: program } = await findPowerShell({ onProgress: (message) => console.error(message) });
  const child = spawn(program, process.argv.slice(2), { stdio: 'inherit' });
  // A terminal sends Ctrl+C to both processes at once; the child decides what it means.
  const hasTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
    process.on(signal, () => (signal === 'SIGINT' && hasTerminal) || child.kill(signal));
  }
  child.on('error', (error) => {
    console.error(`Cannot start ${program}: ${error.message}`);
    process.exitCode = 126;
  });
  child.on('exit', (code, signal) => {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else {
      process.exitCode = code ?? 1;
    }
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(fs.realpathSync(process.argv[1])).href) {
  main().catch((error) => {
    console.error(error instanceof MissingProgramError ? error.message : error);
    process.exitCode = 69;
  });
}
