/** Stryker's settings for one folder, which MUTATION_FOLDER names; run.mjs sets it. */
import process from 'node:process';
import { FOLDERS, filesOf } from './folders.mjs';

const { compiled = false, ...folder } = FOLDERS.find(({ name }) => name === process.env.MUTATION_FOLDER);
const { sources, tests } = filesOf(folder);
const built = (file) => `build/${file.replace(/\.ts$/, '.js')}`;
const ignored = ['.cache', '.ci', 'Pester', 'examples', 'module', 'native', 'packaging'];

export default {
  testRunner: 'mocha',
  plugins: ['@stryker-mutator/mocha-runner'],
  mutate: compiled ? sources.map(built) : sources,
  ...(compiled ? {} : { buildCommand: 'tsc -p tsconfig.json' }),
  ignorePatterns: compiled ? ignored : [...ignored, 'build'],
  disableTypeChecks: compiled ? false : '{ts-core,tests,bench}/**/*.ts',
  mochaOptions: { spec: tests.map(built), require: ['./tools/mutation/test-limit.mjs'] },
  coverageAnalysis: 'perTest',
  // Messages are not changed: a test that compares every word of a message would only repeat it.
  mutator: { excludedMutations: ['StringLiteral'] },
  concurrency: Number(process.env.MUTATION_CONCURRENCY ?? 1),
  timeoutMS: 6000,
  timeoutFactor: 2,
  reporters: ['json', 'progress-append-only'],
  jsonReporter: { fileName: process.env.MUTATION_REPORT },
  tempDirName: '.cache/stryker',
  allowConsoleColors: false,
};
