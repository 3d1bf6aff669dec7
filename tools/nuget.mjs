// Fetches the packages in pinned-packages.json with the .NET SDK into .cache/, and verifies their hashes.
//   import { fetchPackage, fetchTool, pinnedPackages } from './nuget.mjs'

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withBuildLock } from './build-lock.mjs';
import { LOWEST_SDK_MAJOR, requireSdk, runDotnet } from './dotnet.mjs';

const toolsFolder = path.dirname(fileURLToPath(import.meta.url));
const cacheFolder = path.join(path.dirname(toolsFolder), '.cache');
export const pinnedPackages = JSON.parse(fs.readFileSync(path.join(toolsFolder, 'pinned-packages.json'), 'utf8'));

/** Fetches a .NET tool into the cache if it is not there yet. Returns its folder, which contains the program. */
export function fetchTool(pinned, onProgress) {
  return fetchInto(pinned, onProgress, async (sdk, folder) => {
    await runDotnet(sdk, ['tool', 'install', pinned.id, '--version', pinned.version, '--tool-path', folder]);
    return toolPackageFolder(folder, pinned);
  });
}

/** Returns the folder into which `dotnet tool install --tool-path` unpacks a tool's package. */
export function toolPackageFolder(folder, { id, version }) {
  const name = id.toLowerCase();
  return path.join(folder, '.store', name, version, name, version);
}

/** Fetches a package into the cache if it is not there yet. Returns the folder with the package's files. */
export async function fetchPackage(pinned, onProgress) {
  const packageFolder = (folder) => path.join(folder, pinned.id.toLowerCase(), pinned.version);
  const folder = await fetchInto(pinned, onProgress, async (sdk, folder) => {
    const project = path.join(folder, 'download.csproj');
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(project, projectThatDownloads(pinned));
    await runDotnet(sdk, ['restore', project, '--packages', folder, '--verbosity', 'quiet']);
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

/** Creates `.cache/ID/VERSION` only after `install` has filled it and the package's hash matches the pinned one. */
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
      const packageFolder = await install(sdk, unfinished).catch((error) => {
        const hint = 'check the network and `dotnet nuget list source`';
        throw new Error(`Cannot fetch ${pinned.id} ${pinned.version}: ${hint}.\n${error.message}`);
      });
      verify(packageFolder, pinned);
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
