// Finds PowerShell 7, or builds the host of tools/powershell-host where it is missing.
//   import { findPowerShell } from './pwsh.mjs'      { path, args, kind, folder }
//   node tools/pwsh.mjs [arguments of pwsh]          runs it in the place of this process

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withBuildLock } from './build-lock.mjs';

const toolsFolder = path.dirname(fileURLToPath(import.meta.url));
const sourceFolder = path.join(toolsFolder, 'powershell-host');
const cacheFolder = path.join(path.dirname(toolsFolder), '.cache', 'powershell-host');
const programName = process.platform === 'win32' ? 'pwsh.exe' : 'pwsh';
const lowestSdkMajor = 10;

/** PowerShell could not be found, and why the host could not be built; the message says what to do. */
export class PowerShellMissingError extends Error {
  name = 'PowerShellMissingError';
}

/**
 * @param {{ onProgress?: (message: string) => void, hostOnly?: boolean }} [options]
 *   onProgress hears of anything that takes time; hostOnly passes over an installed pwsh.
 * @returns {Promise<{ path: string, args: string[], kind: 'pwsh' | 'host', folder: string }>}
 *   Run `path` with `args` before your own. `folder` holds a program called `pwsh`: put it first on PATH for programs
 *   that look for one there, such as node-powershell.
 */
export async function findPowerShell({ onProgress = () => {}, hostOnly = false } = {}) {
  const installed = hostOnly || process.env.TPMTBS_POWERSHELL_HOST === '1' ? undefined : installedPowerShell();
  if (installed) {
    return { path: installed, args: [], kind: 'pwsh', folder: path.dirname(installed) };
  }
  const folder = path.join(cacheFolder, sourceHash());
  const program = path.join(folder, programName);
  if (!fs.existsSync(program)) {
    await buildHost(folder, program, onProgress);
  }
  return { path: program, args: [], kind: 'host', folder };
}

/** The first `pwsh` on PATH that is version 7 or later and not a host of ours. */
function installedPowerShell() {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter).filter(path.isAbsolute)) {
    const candidate = path.join(folder, programName);
    if (folder.startsWith(cacheFolder) || !isProgram(candidate)) {
      continue;
    }
    const { stdout } = spawnSync(candidate, ['-Version'], { encoding: 'utf8', timeout: 30_000 });
    if (/^PowerShell ([7-9]|\d\d)\./.test(stdout ?? '')) {
      return candidate;
    }
  }
  return undefined;
}

function isProgram(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Names a build by everything that goes into it, so that a changed source is built anew. */
function sourceHash() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const file of sourceFiles(sourceFolder).sort()) {
    hash
      .update(`${path.relative(sourceFolder, file)}\0`)
      .update(fs.readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

function sourceFiles(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      return ['bin', 'obj', 'tests'].includes(entry.name) ? [] : sourceFiles(full);
    }
    return /\.(cs|csproj|json|ps1|psd1|psm1|ps1xml)$/.test(entry.name) ? [full] : [];
  });
}

async function buildHost(folder, program, onProgress) {
  const dotnet = requireSdk();
  fs.mkdirSync(cacheFolder, { recursive: true });
  await withBuildLock(`${folder}.lock`, async () => {
    // Another process may have built it while this one waited for the lock.
    if (!fs.existsSync(program)) {
      await buildLocked(dotnet, folder, onProgress);
    }
  });
}

async function buildLocked(dotnet, folder, onProgress) {
  onProgress('Building the PowerShell host (once; about half a minute)...');
  const work = `${folder}.building`;
  const started = Date.now();
  try {
    fs.rmSync(work, { recursive: true, force: true });
    const output = path.join(work, 'out');
    copySources(sourceFolder, path.join(work, 'src'));
    await publish(dotnet, path.join(work, 'src'), output);
    fs.rmSync(folder, { recursive: true, force: true });
    fs.renameSync(output, folder);
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
  removeOlderBuilds(folder);
  onProgress(`Built the PowerShell host in ${Math.round((Date.now() - started) / 1000)} s.`);
}

/** The sources are built in a copy, so that two checkouts, or a read-only one, do not share bin and obj. */
function copySources(from, to) {
  for (const file of sourceFiles(from)) {
    const target = path.join(to, path.relative(from, file));
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.copyFileSync(file, target);
  }
}

function publish(dotnet, source, output) {
  const args = ['publish', source, '-c', 'Release', '-r', runtimeIdentifier(), '--self-contained', 'false'];
  const child = spawn(dotnet, [...args, '-p:PublishReadyToRun=true', '-o', output, '-nologo', '-v', 'quiet'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      DOTNET_CLI_TELEMETRY_OPTOUT: '1',
      DOTNET_NOLOGO: '1',
      // An SDK that was unpacked rather than installed may have no ICU beside it; a build needs none.
      DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1',
      MSBUILDDISABLENODEREUSE: '1',
    },
  });
  const transcript = [];
  child.stdout.on('data', (chunk) => transcript.push(chunk));
  child.stderr.on('data', (chunk) => transcript.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) {
        resolve();
        return;
      }
      const text = Buffer.concat(transcript).toString().trim();
      const hint = /NU1301|NU1101|NU1102/.test(text)
        ? 'NuGet could not deliver System.Management.Automation: check the network and `dotnet nuget list source`.'
        : `\`dotnet publish\` ended with ${code}.`;
      reject(new PowerShellMissingError(`The PowerShell host could not be built. ${hint}\n${text}`));
    });
  });
}

function runtimeIdentifier() {
  const system = { linux: isMusl() ? 'linux-musl' : 'linux', darwin: 'osx', win32: 'win' }[process.platform];
  const machine = { x64: 'x64', arm64: 'arm64', arm: 'arm' }[process.arch];
  if (!system || !machine) {
    throw new PowerShellMissingError(`No .NET for ${process.platform} ${process.arch}: install PowerShell 7 yourself.`);
  }
  return `${system}-${machine}`;
}

function isMusl() {
  return process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime;
}

function requireSdk() {
  const dotnet = process.env.DOTNET_ROOT
    ? path.join(process.env.DOTNET_ROOT, process.platform === 'win32' ? 'dotnet.exe' : 'dotnet')
    : 'dotnet';
  const { stdout, error } = spawnSync(dotnet, ['--list-sdks'], { encoding: 'utf8' });
  const majors = (stdout ?? '').split('\n').map((line) => Number.parseInt(line, 10));
  if (!error && majors.some((major) => major >= lowestSdkMajor)) {
    return dotnet;
  }
  const found = error ? 'no .NET SDK was found' : `the .NET SDK found is older than ${lowestSdkMajor}`;
  throw new PowerShellMissingError(
    [
      `PowerShell 7 (pwsh) is not on PATH, and ${found} to build the host of tools/powershell-host with.`,
      'Do one of these and try again:',
      '  PowerShell 7:                 see https://aka.ms/powershell',
      '  .NET 10 SDK on Ubuntu:        sudo apt-get install -y dotnet-sdk-10.0',
      '  .NET 10 SDK anywhere else:    curl -fsSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0',
      '                                export DOTNET_ROOT="$HOME/.dotnet" PATH="$HOME/.dotnet:$PATH"',
    ].join('\n'),
  );
}

/** Keeps the newest few builds: a program that was started from an older one may still load its files. */
function removeOlderBuilds(current) {
  const builds = fs
    .readdirSync(cacheFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^[0-9a-f]{16}$/.test(entry.name))
    .map((entry) => path.join(cacheFolder, entry.name))
    .filter((folder) => folder !== current)
    .sort((a, b) => fs.statSync(b).mtimeMs - fs.statSync(a).mtimeMs);
  for (const folder of builds.slice(2)) {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function main() {
  const { path: program, args } = await findPowerShell({ onProgress: (message) => console.error(message) });
  const child = spawn(program, [...args, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends Ctrl+C to both processes at once; the child decides what it means.
  const hasTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
    process.on(signal, () => (signal === 'SIGINT' && hasTerminal) || child.kill(signal));
  }
  child.on('error', (error) => {
    console.error(`${program} cannot be started: ${error.message}`);
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
    console.error(error instanceof PowerShellMissingError ? error.message : error);
    process.exitCode = 69;
  });
}
