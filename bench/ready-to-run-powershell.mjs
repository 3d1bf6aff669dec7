// Compiles the pinned PowerShell ahead of time, as Microsoft does for its own builds but not for the .NET tool.
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { withBuildLock } from '../tools/build-lock.mjs';
import { findDotnet } from '../tools/dotnet.mjs';
import { fetchPackage, fetchTool, pinnedPackages } from '../tools/nuget.mjs';
import { homeOfTool } from '../tools/pwsh.mjs';
import { runQuietly } from '../tools/run-quietly.mjs';

/** crossgen2 is pinned for this platform only. */
export const canCompilePowerShell = process.platform === 'linux' && process.arch === 'x64';

/** Compiles the pinned PowerShell ahead of time, once, into the cache. Returns its program. */
export async function readyToRunPowerShell(onProgress) {
  const tool = await fetchTool(pinnedPackages.powershell, onProgress);
  const compiler = path.join(await fetchPackage(pinnedPackages.crossgen2, onProgress), 'tools', 'crossgen2');
  const folder = path.join(path.dirname(tool), `${pinnedPackages.powershell.version}-ready-to-run`);
  await withBuildLock(`${folder}.lock`, async () => {
    if (fs.existsSync(folder)) return;
    onProgress('compiling PowerShell ahead of time (once; about a minute)');
    const unfinished = `${folder}.unfinished`;
    fs.rmSync(unfinished, { recursive: true, force: true });
    fs.cpSync(homeOfTool(tool), unfinished, { recursive: true });
    await compileAll(compiler, homeOfTool(tool), unfinished);
    fs.renameSync(unfinished, folder);
  });
  const dotnet = findDotnet();
  if (dotnet !== undefined) process.env.DOTNET_ROOT ??= dotnet.root;
  return path.join(folder, 'pwsh');
}

async function compileAll(compiler, from, to) {
  const references = [path.join(from, '*.dll'), path.join(runtimeFolder(), '*.dll')].flatMap((files) => ['-r', files]);
  fs.chmodSync(compiler, 0o755);
  for (const name of fs.readdirSync(from).filter((file) => file.endsWith('.dll'))) {
    const target = ['-o', path.join(to, name), '--targetos:linux', '--targetarch:x64', '-O'];
    await runQuietly(
      compiler,
      [path.join(from, name), ...references, ...target],
      {},
      (code, output) => `crossgen2 ended with ${code} on ${name}:\n${output}`,
    );
  }
}

function runtimeFolder() {
  const folder = path.join(findDotnet().root, 'shared', 'Microsoft.NETCore.App');
  const [newest] = fs.readdirSync(folder).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return path.join(folder, newest);
}
