/**
 * The folders to measure: the sources of each, the tests that should notice the changes, and the share of changes
 * that they must notice.
 */
const domain = (name, goal) => ({
  name,
  mutate: [`ts-core/domain/${name}/**/*.ts`],
  spec: [`build/tests/domain/${name}/**/*.test.js`],
  goal,
});

export const FOLDERS = [
  domain('filter', 90),
  domain('lockout', 90),
  // Stryker's mutant of `(queue[band] as number)--` does not compile.
  { ...domain('scheduling', 90), compiled: true },
  domain('policy', 90),
  domain('owner-auth', 90),
  {
    name: 'command-path',
    mutate: ['commands', 'lockout', 'contexts'].map((folder) => `ts-core/application/${folder}/**/*.ts`),
    spec: ['commands', 'lockout', 'contexts'].map((folder) => `build/tests/application/${folder}/**/*.test.js`),
    goal: 90,
  },
  domain('virtualization/tpm20', 80),
  domain('virtualization/tpm12', 80),
];
