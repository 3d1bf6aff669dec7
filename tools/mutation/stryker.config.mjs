/** Stryker's settings for one folder, which MUTATION_FOLDER names; run.mjs sets it. */
import process from 'node:process';
import { FOLDERS } from './folders.mjs';

const folder = FOLDERS.find(({ name }) => name === process.env.MUTATION_FOLDER);
const compiled = folder.compiled === true;
const ignored = ['.cache', '.ci', 'Pester', 'examples', 'module', 'native', 'packaging'];

export default {
  testRunner: 'mocha',
  plugins: ['@stryker-mutator/mocha-runner'],
  mutate: folder.mutate.map((files) => (compiled ? `build/${files.replace(/\.ts$/, '.js')}` : files)),
  ...(compiled ? {} : { buildCommand: 'tsc -p tsconfig.json' }),
  ignorePatterns: compiled ? ignored : [...ignored, 'build'],
  disableTypeChecks: compiled ? false : '{ts-core,tests,bench}/**/*.ts',
  mochaOptions: { spec: folder.spec },
  coverageAnalysis: 'perTest',
  // Messages are not changed: a test that compares every word of a message would only repeat it.
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
