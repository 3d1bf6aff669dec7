/** Stryker's settings for one folder, which MUTATION_FOLDER names; run.mjs sets it. */
import process from 'node:process';
import { FOLDERS } from './folders.mjs';

const folder = FOLDERS.find(({ name }) => name === process.env.MUTATION_FOLDER);

export default {
  testRunner: 'mocha',
  plugins: ['@stryker-mutator/mocha-runner'],
  mutate: folder.mutate,
  ignorePatterns: ['.cache', '.ci', 'Pester', 'build', 'docs', 'examples', 'module', 'native', 'packaging', 'reports'],
  buildCommand: 'tsc -p tsconfig.json',
  disableTypeChecks: '{ts-core,tests,bench}/**/*.ts',
  mochaOptions: { spec: folder.spec },
  coverageAnalysis: 'perTest',
  // A message may be worded in many ways; tests that compare each word would only repeat it.
  mutator: { excludedMutations: ['StringLiteral'] },
  concurrency: Number(process.env.MUTATION_CONCURRENCY ?? 1),
  timeoutMS: 3000,
  timeoutFactor: 2,
  reporters: ['json'],
  jsonReporter: { fileName: process.env.MUTATION_REPORT },
  tempDirName: '.cache/stryker',
  clearTextReporter: { allowColor: false },
  allowConsoleColors: false,
};
