// Runs bench/hostile on the programs as they ship: the bundle, on its own Node.js.
//   npm run bench:hostile [-- --seconds 5] [--probe TEXT]
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { shippedPrograms } from '../packaging/bundle/bundle.mjs';

const program = fileURLToPath(new URL('../build/bench/hostile/hostile.js', import.meta.url));
const { folder, node } = await shippedPrograms();
const { status } = spawnSync(process.execPath, [program, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: {
    ...process.env,
    TPMTBS_TEST_BUNDLE: folder,
    TPMTBS_TEST_NODE: node,
  },
});
process.exitCode = status ?? 1;
