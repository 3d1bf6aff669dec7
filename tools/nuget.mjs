// Fetches the packages of pinned-packages.json with the .NET SDK into .cache/ and checks their hashes.
//   import { fetchPackage, fetchTool, findSdk } from './nuget.mjs'

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { withBuildLock } from './build-lock.mjs';

const toolsFolder = path.dirname(fileURLToPath(import.meta.url));
const cacheFolder = path.join(path.dirname(toolsFolder), '.cache');
/** The first SDK whose runtime the pinned PowerShell runs on. */
const LOWEST_SDK_MAJOR = 10;

/** A program that development needs is missing; the message says in one line what to install. */
export class MissingProgramError extends Error {
  name = 'MissingProgramError';
}

export const pinnedPackages = JSON.parse(fs.readFileSync(path.join(toolsFolder, 'pinned-packages.json'), 'utf8'));

/** @returns {{ program: string, root: string } | undefined} `dotnet` and the folder that has the runtimes. */
export function findDotnet() {
  const name = process.platform === 'win32' ? 'dotnet.exe' : 'dotnet';
  const program = [process.env.DOTNET_ROOT, ...(process.env.PATH ?? '').split(path.delimiter)]
    .filter((folder) => folder && path.isAbsolute(folder))
    .map((folder) => path.join(folder, name))
    .find((candidate) => fs.existsSync(candidate));
  return program && { program, root: path.dirname(fs.realpathSync(program)) };
}

/** The `dotnet` of an SDK that is new enough, if there is one. */
export function findSdk() {
  const dotnet = findDotnet();
  if (dotnet === undefined) return undefined;
  const { stdout } = spawnSync(dotnet.program, ['--list-sdks'], { encoding: 'utf8', env: sdkEnvironment() });
  const majors = (stdout ?? '').split('\n').map((line) => Number.parseInt(line, 10));
  return majors.some((major) => major >= LOWEST_SDK_MAJOR) ? dotnet : undefined;
}

/** Throws in words that name what is missing and both ways to get it. */
export function requireSdk(missing) {
  const sdk = findSdk();
  if (sdk !== undefined) return sdk;
  throw new MissingProgramError(
    `${missing} is missing, and so is the .NET SDK ${LOWEST_SDK_MAJOR} that fetches it: ` +
      'install PowerShell and Pester (https://aka.ms/powershell) or the SDK (https://aka.ms/dotnet/download; ' +
      `on Ubuntu: sudo apt-get install -y dotnet-sdk-${LOWEST_SDK_MAJOR}.0).`,
  );
}

/** Puts a .NET tool into the cache, unless it is there. Returns its folder, which has the tool's program. */
export function fetchTool(pinned, onProgress) {
  return fetchInto(pinned, onProgress, async (sdk, folder) => {
    await run(sdk, ['tool', 'install', pinned.id, '--version', pinned.version, '--tool-path', folder]);
    return toolPackageFolder(folder, pinned);
  });
}

/** Where `dotnet tool install --tool-path` unpacks the package of a tool. */
export function toolPackageFolder(folder, { id, version }) {
  const name = id.toLowerCase();
  return path.join(folder, '.store', name, version, name, version);
}

/** Puts a package into the cache, unless it is there. Returns the folder with the package's files. */
export async function fetchPackage(pinned, onProgress) {
  const packageFolder = (folder) => path.join(folder, pinned.id.toLowerCase(), pinned.version);
  const folder = await fetchInto(pinned, onProgress, async (sdk, folder) => {
    const project = path.join(folder, 'download.csproj');
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(project, projectThatDownloads(pinned));
    await run(sdk, ['restore', project, '--packages', folder, '--verbosity', 'quiet']);
    return packageFolder(folder);
  });
  return packageFolder(folder);
}

function projectThatDownloads({ id, version }) {
  return `<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net${LOWEST_SDK_MAJOR}.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageDownload Include="${id}" Version="[${version}]" /></ItemGroup>
</Project>
`;
}

/** `.cache/ID/VERSION` appears only when `install` has filled it and the package's hash is the pinned one. */
async function fetchInto(pinned, onProgress, install) {
  const folder = path.join(cacheFolder, pinned.id.toLowerCase(), pinned.version);
  if (fs.existsSync(folder)) return folder;
  const sdk = requireSdk(`${pinned.id} ${pinned.version}`);
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  await withBuildLock(`${folder}.lock`, async () => {
    // Another process may have fetched it while this one waited for the lock.
    if (fs.existsSync(folder)) return;
    onProgress?.(`fetching ${pinned.id} ${pinned.version}`);
    const unfinished = `${folder}.unfinished`;
    fs.rmSync(unfinished, { recursive: true, force: true });
    try {
      verify(await install(sdk, unfinished), pinned);
      fs.renameSync(unfinished, folder);
    } finally {
      fs.rmSync(unfinished, { recursive: true, force: true });
    }
  });
  return folder;
}

function verify(packageFolder, { id, version, sha512 }) {
  const file = path.join(packageFolder, `${id.toLowerCase()}.${version}.nupkg`);
  const found = createHash('sha512').update(fs.readFileSync(file)).digest('base64');
  if (found !== sha512) {
    throw new Error(
      `${id} ${version} has the hash ${found}, not the one of tools/pinned-packages.json. Nothing of it was run.`,
    );
  }
}

function sdkEnvironment() {
  return {
    ...process.env,
    DOTNET_CLI_TELEMETRY_OPTOUT: '1',
    DOTNET_NOLOGO: '1',
    // An SDK that was unpacked rather than installed may have no ICU beside it; fetching needs none.
    DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1',
    MSBUILDDISABLENODEREUSE: '1',
  };
}

function run({ program }, args) {
  const child = spawn(program, args, { cwd: cacheFolder, stdio: ['ignore', 'pipe', 'pipe'], env: sdkEnvironment() });
  let transcript = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (transcript += data));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(
            `\`dotnet ${args[0]}\` ended with ${code}. Check the network and \`dotnet nuget list source\`.\n${transcript.trim()}`,
          ),
        );
    });
  });
}
