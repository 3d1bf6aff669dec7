// What there is to know about a source tree that automake builds.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** The tests that make variables of the tree list. */
export function testsOf(tree, variables, howToBuild) {
  if (!existsSync(path.join(tree, 'Makefile'))) throw new Error(`${tree} is not built; in it, run: ${howToBuild}`);
  const listed = variables.map((variable) => `$(${variable})`).join(' ');
  const listing = spawnSync('make', ['-s', `--eval=tests-of-suite: ; @echo ${listed}`, 'tests-of-suite'], {
    cwd: tree,
    encoding: 'utf8',
  });
  if (listing.status !== 0)
    throw new Error(`make could not list ${variables.join(', ')} in ${tree}:\n${listing.stderr}`);
  const programs = listing.stdout.split(/\s+/).filter((word) => word !== '');
  const missing = programs.filter((program) => !existsSync(path.join(tree, program)));
  if (missing.length > 0)
    throw new Error(`${missing.length} tests of ${tree} are not built; in it, run: ${howToBuild}`);
  return programs.map((program) => ({ name: path.basename(program).replace(/\.f?int$/, ''), program }));
}
