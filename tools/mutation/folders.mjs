/** The folders to measure, and the percentage of changes that their tests must notice. */
import { existsSync, readdirSync } from 'node:fs';

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
  folder('virtualization/tpm20', 80, ['domain/virtualization/tpm20', 'domain/virtualization/eviction-choice']),
  folder('virtualization/tpm12', 80),
];

/**
 * Lists the files to measure: those of a folder, or the one that a path names without its ending. Throws if a path has
 * none: what was moved away must not look as if it were tested.
 */
export function filesOf({ paths }) {
  const list = (tree, ending) =>
    paths.flatMap((subject) => {
      const file = `${tree}/${subject}${ending}`;
      if (existsSync(new URL(`../../${file}`, import.meta.url))) return [file];
      const files = readdirSync(new URL(`../../${tree}/${subject}`, import.meta.url), { recursive: true })
        .map((name) => `${tree}/${subject}/${name.replaceAll('\\', '/')}`)
        .filter((name) => name.endsWith(ending));
      if (files.length === 0) throw new Error(`${tree}/${subject} has no ${ending} file`);
      return files.sort();
    });
  return { sources: list('ts-core', '.ts'), tests: list('tests', '.test.ts') };
}
