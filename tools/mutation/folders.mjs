/**
 * The folders to measure: the sources of each, the tests that should notice the changes, and the share of changes
 * that they must notice.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

/** Measures these folders of ts-core by the tests of the same folders of tests. */
const folder = (name, goal, paths = [`domain/${name}`]) => ({ name, goal, paths });

export const FOLDERS = [
  folder('filter', 90),
  folder('lockout', 90),
  // Stryker's mutant of `(waitingByBand[band] as number)--` does not compile.
  { ...folder('scheduling', 90), compiled: true },
  folder('policy', 90),
  folder('owner-auth', 90),
  folder('command-path', 90, ['application/commands', 'application/lockout', 'application/contexts']),
  folder('virtualization/tpm20', 80),
  folder('virtualization/tpm12', 80),
];

/**
 * Lists the sources and the tests of a folder. Throws if a path has none, for instance since it was moved: what is not
 * measured must not look as if nothing survived.
 */
export function filesOf({ name, paths }) {
  const list = (tree, ending) =>
    paths.flatMap((subject) => {
      const files = filesBelow(`${tree}/${subject}`, ending);
      if (files.length === 0) throw new Error(`${name}: ${tree}/${subject} has no ${ending} file`);
      return files;
    });
  return { sources: list('ts-core', '.ts'), tests: list('tests', '.test.ts') };
}

function filesBelow(directory, ending) {
  try {
    return readdirSync(path.join(root, directory), { recursive: true })
      .map((file) => `${directory}/${file.replaceAll('\\', '/')}`)
      .filter((file) => file.endsWith(ending))
      .sort();
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return [];
  }
}
