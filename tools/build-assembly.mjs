// Builds the assemblies of the module, module/bin/net8.0/TpmTbs.dll (PowerShell 7.4 and later) and
// module/bin/net472/TpmTbs.dll (Windows PowerShell 5.1), if the sources in module/src have changed.
//   node tools/build-assembly.mjs [--force]
//
// With the .NET SDK, the first one contains code compiled ahead of time for this machine (ReadyToRun), which sessions need
// not compile, and also IL, which any other machine runs. Without the SDK, pwsh's own compiler (Add-Type) builds only the
// first one.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { withBuildLock } from './build-lock.mjs';
import { findSdk, runDotnet } from './dotnet.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const sourceFolder = path.join(root, 'module', 'src');
const project = path.join(sourceFolder, 'TpmTbs.csproj');
const outputFolder = path.join(root, 'module', 'bin');
const stampFile = path.join(outputFolder, 'built-from');

/** Returns every source file of the project, sorted, without the output of builds. */
export function assemblySources(folder = sourceFolder) {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'bin' && name !== 'obj')
    .flatMap((entry) => {
      const full = path.join(folder, entry.name);
      if (entry.isDirectory()) return assemblySources(full);
      return /\.(cs|csproj)$/.test(entry.name) ? [full] : [];
    })
    .sort();
}

function sourceHash() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const file of [...assemblySources(), fileURLToPath(import.meta.url)]) {
    hash
      .update(`${path.basename(file)}\0`)
      .update(fs.readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

function isCurrent(hash) {
  return fs.existsSync(stampFile) && fs.readFileSync(stampFile, 'utf8') === hash;
}

/** @param {{ force?: boolean, onProgress?: (message: string) => void }} [options] */
export async function buildAssembly({ force = false, onProgress = () => {} } = {}) {
  if (!force && isCurrent(sourceHash())) return;
  fs.mkdirSync(outputFolder, { recursive: true });
  await withBuildLock(`${outputFolder}.lock`, async () => {
    const hash = sourceHash();
    // Another process may have built it while this one waited for the lock.
    if (!force && isCurrent(hash)) return;
    onProgress('Building the assembly of the PowerShell module...');
    const sdk = findSdk();
    if (sdk !== undefined) await buildWithSdk(sdk);
    else await buildWithPowerShell();
    fs.writeFileSync(stampFile, hash);
  });
}

async function buildWithSdk(sdk) {
  const building = path.join(outputFolder, 'building');
  const common = ['publish', project, '-c', 'Release', '-nologo', '-v', 'quiet'];
  const native = ['-r', runtimeIdentifier(), '--self-contained', 'false', '-p:PublishReadyToRun=true'];
  try {
    await runDotnet(sdk, [...common, '-f', 'net8.0', ...native, '-o', path.join(building, 'net8.0')]);
    await runDotnet(sdk, [...common, '-f', 'net472', '-o', path.join(building, 'net472')]);
    for (const framework of ['net8.0', 'net472']) moveInto(path.join(building, framework), framework);
  } finally {
    fs.rmSync(building, { recursive: true, force: true });
  }
}

/** Removes the old file first, so that a running session keeps the one that it has loaded. */
function moveInto(built, framework, names = ['TpmTbs.dll', 'TpmTbs.xml']) {
  const target = path.join(outputFolder, framework);
  fs.mkdirSync(target, { recursive: true });
  for (const name of names) {
    fs.rmSync(path.join(target, name), { force: true });
    fs.renameSync(path.join(built, name), path.join(target, name));
  }
}

async function buildWithPowerShell() {
  const { findPowerShell } = await import('./pwsh.mjs');
  const { path: pwsh } = await findPowerShell();
  const building = path.join(outputFolder, 'building');
  fs.rmSync(building, { recursive: true, force: true });
  fs.mkdirSync(building, { recursive: true });
  // Ignore members that only a .NET newer than the project's own marks as obsolete (SYSLIB0057).
  const warnings = '-nowarn:1701,1702,SYSLIB0057';
  const options = ['-langversion:12', '-nullable:enable', '-unsafe', '-optimize', '-define:NET', warnings];
  const sources = assemblySources().filter((file) => file.endsWith('.cs'));
  const list = (values) => values.map((value) => `'${value.replaceAll("'", "''")}'`).join(',');
  const output = list([path.join(building, 'TpmTbs.dll')]);
  const command = `$ErrorActionPreference = 'Stop'; Add-Type -Path ${list(sources)} -OutputAssembly ${output} -CompilerOptions ${list(options)}`;
  const args = ['-NoProfile', '-NonInteractive', '-Command', command];
  try {
    const { status, stdout, stderr } = spawnSync(pwsh, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`Add-Type ended with ${status}:\n${stdout}${stderr}`);
    moveInto(building, 'net8.0', ['TpmTbs.dll']);
  } finally {
    fs.rmSync(building, { recursive: true, force: true });
  }
}

function runtimeIdentifier() {
  const isMusl = process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime;
  const system = { linux: isMusl ? 'linux-musl' : 'linux', darwin: 'osx', win32: 'win' }[process.platform];
  return `${system}-${process.arch}`;
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await buildAssembly({ force: process.argv.includes('--force'), onProgress: console.error });
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
