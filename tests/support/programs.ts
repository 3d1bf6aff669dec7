/**
 * The programs under test, each as the beginning of a command line: those of the tree, run by the Node.js that runs the
 * tests; or those of a bundle (packaging/bundle), run by the Node.js that ships.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
/** A bundle's folder, and the program that runs it; set by `npm test -- --only bundle`. */
const { TPMTBS_TEST_BUNDLE: bundle, TPMTBS_TEST_NODE: shippedNode } = process.env;

export const NODE = shippedNode ?? process.execPath;
export const TBS = bundle === undefined ? join(REPOSITORY, 'bin', 'tbs.js') : join(bundle, 'tbs');
export const TBSD = bundle === undefined ? join(REPOSITORY, 'bin', 'tbsd.js') : join(bundle, 'tbsd');
export const TBS_ACTIONS =
  bundle === undefined ? join(REPOSITORY, 'bin', 'tbs-actions.js') : join(bundle, 'tbs-actions');

/**
 * The variables and Node.js options that the systemd unit gives to the broker, for memory measurements: without them
 * V8 lets the garbage of a busy process grow to 48 MB (Node.js 20) or 96 MB (Node.js 24) before it collects, and glibc
 * keeps memory for each thread, which hides the broker's own memory.
 */
export const SHIPPED_ENVIRONMENT = shippedEnvironment();

function shippedEnvironment(): Readonly<Record<string, string>> {
  const unit = readFileSync(join(REPOSITORY, 'packaging', 'systemd', 'tpmtbs.service'), 'utf8');
  const [, options] = /^ExecStart=\S*node((?: --\S+)+) /m.exec(unit) ?? [];
  const [, variables] = /^Environment=(.+)$/m.exec(unit) ?? [];
  if (options === undefined || variables === undefined) {
    throw new Error('tpmtbs.service gives no options or variables to Node.js');
  }
  const pairs = variables.split(' ').map((each) => each.split('=', 2) as [string, string]);
  return { ...Object.fromEntries(pairs), NODE_OPTIONS: options.trim() };
}
