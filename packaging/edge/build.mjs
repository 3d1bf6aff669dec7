// Builds what the engine edge-js of event actions needs, for the Node.js that runs this script, into .cache/edge/…:
// edge-js itself, its addon, and the assemblies with PowerShell. Prints the folder, which TPMTBS_EDGE_FOLDER must name.
//   node packaging/edge/build.mjs
// edge-js' own install script would take longer, and fails on Linux: it asks for packages that do not exist.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { withBuildLock } from '../../tools/build-lock.mjs';
import { requireSdk, runDotnet } from '../../tools/dotnet.mjs';
import { runQuietly } from '../../tools/run-quietly.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(path.dirname(here));
const edgeJs = path.join(root, 'node_modules', 'edge-js');

/** Resolves with the folder; builds it unless it is there. `onProgress` receives one line of text at a time. */
export async function buildEdge({ onProgress = () => {} } = {}) {
  const folder = edgeFolder();
  if (existsSync(folder)) return folder;
  mkdirSync(path.dirname(folder), { recursive: true });
  await withBuildLock(`${folder}.lock`, async () => {
    // Another process may have built it while this one waited for the lock.
    if (existsSync(folder)) return;
    const unfinished = `${folder}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    const sources = path.join(unfinished, 'sources');
    for (const part of ['edge-js', 'nan']) {
      cpSync(path.join(root, 'node_modules', part), path.join(sources, 'node_modules', part), { recursive: true });
    }
    const copy = path.join(sources, 'node_modules', 'edge-js');
    onProgress('Building the addon of edge-js...');
    await buildAddon(copy);
    onProgress('Building the assemblies for edge-js...');
    await buildAssemblies(copy, sources, path.join(unfinished, 'assemblies'));
    for (const part of ['package.json', 'lib', 'tools']) {
      cpSync(path.join(copy, part), path.join(unfinished, 'edge-js', part), { recursive: true });
    }
    cpSync(path.join(copy, 'build', 'Release', 'edge_coreclr.node'), path.join(unfinished, 'edge_coreclr.node'));
    rmSync(sources, { recursive: true });
    renameSync(unfinished, folder);
  });
  return folder;
}

/** The folder of what is built from these sources for this Node.js, whether it is there or not. */
export function edgeFolder() {
  return path.join(root, '.cache', 'edge', digest());
}

function digest() {
  const { version } = JSON.parse(readFileSync(path.join(edgeJs, 'package.json'), 'utf8'));
  const hash = createHash('sha256').update(`${version} ${process.arch} ${process.versions.modules}`);
  for (const name of ['ActionEngine.cs', 'EdgeJs.csproj', 'build.mjs'])
    hash.update(readFileSync(path.join(here, name)));
  return hash.digest('hex').slice(0, 16);
}

async function buildAddon(folder) {
  const gyp = path.join(root, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  const prefix = path.dirname(path.dirname(realpathSync(process.execPath)));
  const headers = existsSync(path.join(prefix, 'include/node/node.h')) ? [`--nodedir=${prefix}`] : [];
  const failed = (_code, output) => `building edge-js failed (a C++ compiler, make and python3 are needed):\n${output}`;
  await runQuietly(process.execPath, [gyp, 'configure', '--release', ...headers], { cwd: folder }, failed);
  // The target that is for CoreCLR alone: the others want Mono.
  await runQuietly('make', ['-C', 'build', 'BUILDTYPE=Release', '-j2', 'edge_coreclr'], { cwd: folder }, failed);
}

async function buildAssemblies(edge, sources, output) {
  const sdk = requireSdk('The .NET SDK');
  for (const name of ['ActionEngine.cs', 'EdgeJs.csproj'])
    cpSync(path.join(here, name), path.join(sources, 'host', name));
  const runtime = `linux-${process.arch === 'x64' ? 'x64' : process.arch}`;
  await runDotnet(sdk, [
    'publish',
    path.join(sources, 'host', 'EdgeJs.csproj'),
    ...['-c', 'Release', '-r', runtime, '-o', output, `-p:EdgeSources=${path.join(edge, 'src')}`],
    ...['--nologo', '-v', 'quiet'],
  ]);
  // PowerShell looks for its modules beside its assemblies.
  const runtimes = path.join(output, 'runtimes');
  for (const framework of readdirSync(path.join(runtimes, 'unix', 'lib'))) {
    cpSync(path.join(runtimes, 'unix', 'lib', framework, 'Modules'), path.join(output, 'Modules'), { recursive: true });
  }
  rmSync(runtimes, { recursive: true });
}

if (import.meta.url === `file://${realpathSync(process.argv[1] ?? '')}`) {
  console.log(await buildEdge({ onProgress: (text) => console.error(text) }));
}
