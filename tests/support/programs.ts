/**
 * The programs under test, each as the beginning of a command line: those of the tree, run by the Node.js that runs the
 * tests; or those of a bundle (packaging/bundle), run by the Node.js that ships.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
/** A bundle's folder, and the program that runs it; set by `npm test -- --only bundle`. */
const { TPMTBS_TEST_BUNDLE: bundle, TPMTBS_TEST_NODE: shippedNode } = process.env;

export const NODE = shippedNode ?? process.execPath;
export const TBS = bundle === undefined ? join(REPOSITORY, 'bin', 'tbs.js') : join(bundle, 'tbs');
export const TBSD = bundle === undefined ? join(REPOSITORY, 'bin', 'tbsd.js') : join(bundle, 'tbsd');
