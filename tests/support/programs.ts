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
 * The options that the systemd unit gives to Node.js, for memory measurements: without them V8 lets the garbage of a
 * busy process grow to 48 MB (Node.js 20) or 96 MB (Node.js 24) before it collects, which hides the broker's own
 * memory.
 */
export const SHIPPED_NODE_OPTIONS = shippedNodeOptions();

function shippedNodeOptions(): string {
  const unit = readFileSync(join(REPOSITORY, 'packaging', 'systemd', 'tpmtbs.service'), 'utf8');
  const [, options] = /^ExecStart=\S*node((?: --\S+)+) /m.exec(unit) ?? [];
  if (options === undefined) throw new Error('tpmtbs.service gives no options to Node.js');
  return options.trim();
}
