// Builds the C libraries (native/libtbs, native/tcti) and their tests with cmake, into native/build.
//   npm run build:clients
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withBuildLock } from './build-lock.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const source = path.join(root, 'native');

/** The folder of libtbs.so, libtss2-tcti-tbs.so.0 and the programs of bench/native. */
export const clientsBuildDir = path.join(source, 'build');

function run(program, args) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code}:\n${output}`));
    });
  });
}

/** Builds what is out of date; resolves to the build folder. `onProgress` receives one line of text at a time. */
export async function buildNativeClients({ onProgress = () => {} } = {}) {
  return withBuildLock(path.join(source, '.building'), async () => {
    onProgress('building the C libraries (native/)');
    await run('cmake', ['-S', source, '-B', clientsBuildDir]);
    await run('cmake', ['--build', clientsBuildDir, '--parallel', '2']);
    return clientsBuildDir;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(`built in ${await buildNativeClients({ onProgress: (line) => console.log(line) })}`);
}
