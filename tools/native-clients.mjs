// Builds the C libraries (native/libtbs, native/tcti) and their tests with cmake, into native/build.
//   npm run build:clients
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withBuildLock } from './build-lock.mjs';
import { runQuietly } from './run-quietly.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const source = path.join(root, 'native');

/** The folder of libtbs.so, libtss2-tcti-tbs.so.0 and the programs of bench/native. */
export const clientsBuildDir = path.join(source, 'build');

/** Builds what is out of date; resolves to the build folder. `onProgress` receives one line of text at a time. */
export async function buildNativeClients({ onProgress = () => {} } = {}) {
  return withBuildLock(path.join(source, '.building'), async () => {
    onProgress('building the C libraries (native/)');
    await runQuietly('cmake', ['-S', source, '-B', clientsBuildDir]);
    await runQuietly('cmake', ['--build', clientsBuildDir, '--parallel', '2']);
    return clientsBuildDir;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(`built in ${await buildNativeClients({ onProgress: (line) => console.log(line) })}`);
}
