/** Checks that the tests mirror the tree: each file of the inner layers has its test at the same path. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeOf } from './support/source-imports.js';

const REPOSITORY = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const LAYERS = ['domain', 'application', 'endpoints'] as const;

interface Exception {
  /** Paths below ts-core/ without extensions; a path that ends in a slash stands for all files of that folder. */
  readonly files: readonly string[];
  readonly because: string;
  /** Paths below tests/ without extensions: the tests that exercise these files instead. */
  readonly testedBy: readonly string[];
}

const EXCEPTIONS: readonly Exception[] = [
  {
    files: ['domain/tpm12/codes', 'domain/tpm20/codes', 'domain/filter/tpm12-default-blocked'],
    because: 'they are tables, whose functions only look a row up',
    testedBy: ['domain/tpm/command-names.test', 'domain/filter/shipped-lists.test', 'domain/filter/filter-lists.test'],
  },
  {
    files: ['domain/virtualization/tpm12/virtualizer-parts', 'domain/virtualization/tpm20/virtualizer-parts'],
    because: 'they join the tables of a virtualizer, and are asserted on a whole one',
    testedBy: [
      'domain/virtualization/tpm12/tpm12-virtualizer.test',
      'domain/virtualization/tpm20/tpm20-virtualizer.test',
    ],
  },
  {
    files: ['application/broker', 'application/owner-auth/owner-authorization'],
    because: 'they join use cases to a broker, and are asserted on a whole one',
    testedBy: [
      'application/owner-auth/over-time.test',
      'e2e/broker.test',
      'e2e/tpm-health.test',
      'e2e/power.test',
      'e2e/stop-under-load.test',
    ],
  },
  {
    files: [
      'endpoints/rpc/handlers/connection-handlers',
      'endpoints/rpc/handlers/report-handlers',
      'endpoints/rpc/protocol/method',
    ],
    because: 'they join a method to its use case, without a branch, and are asserted for all methods at once',
    testedBy: ['endpoints/rpc/handler.test', 'endpoints/rpc/features.test', 'e2e/json-rpc.test'],
  },
];

interface SharedBehaviour {
  /** Paths below tests/ without `.test.ts`. */
  readonly tests: readonly string[];
  readonly because: string;
}

/** Tests of behaviour that no single file implements. */
const SEVERAL_FILES: readonly SharedBehaviour[] = [
  {
    tests: ['domain/filter/shipped-lists', 'domain/filter/truth-table'],
    because: 'the filter and all lists decide together',
  },
  {
    tests: ['domain/scheduling/fair-share', 'domain/scheduling/queue-memory'],
    because: 'the queue, its bands and the users’ shares decide together',
  },
  {
    tests: [
      'domain/virtualization/tpm12/isolation',
      'domain/virtualization/tpm20/isolation',
      'domain/virtualization/tpm20/many-contexts',
    ],
    because: 'all parts of a virtualizer keep contexts apart',
  },
  {
    tests: [
      'application/commands/command-service-closing',
      'application/commands/command-service-limits',
      'application/commands/commands-taken-together',
      'application/commands/dispatcher-cancelling',
      'application/commands/dispatcher-pauses',
    ],
    because: 'submission, queue, dispatch and completion treat a command together',
  },
  {
    tests: [
      'application/owner-auth/endorsement-certificate',
      'application/owner-auth/killed-while-changed-by-others',
      'application/owner-auth/killed-while-changing',
      'application/owner-auth/levels-and-backup',
      'application/owner-auth/lockout-authorization',
      'application/owner-auth/named-refusals',
      'application/owner-auth/over-time',
      'application/owner-auth/provisioning',
      'application/owner-auth/refused-by-policy',
      'application/owner-auth/supported-features',
      'application/owner-auth/wrong-authorization',
    ],
    because:
      'they run the use cases of the owner authorization as a whole, most of them on software TPMs of both versions',
  },
  {
    tests: ['application/lockout/store-and-clock-faults'],
    because: 'all use cases that store something meet the same faults',
  },
  { tests: ['application/policy/policy-report-in-chromium'], because: 'a browser shows the whole report' },
  {
    tests: ['endpoints/simulator/simulator-abuse', 'endpoints/simulator/simulator-clients', 'endpoints/simulator/tcsd'],
    because: 'other software, or an attacker, meets a whole endpoint',
  },
  {
    tests: ['endpoints/wire/wire-protocol-page'],
    because: 'docs/wire-protocol.md describes the files of the protocol',
  },
];

function subjectsOf(layer: string): readonly string[] {
  return readdirSync(`${REPOSITORY}/tests/${layer}`, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `${layer}/${name.replaceAll('\\', '/').replace(/\.test\.ts$/, '')}`);
}

function sourcesOf(layer: string): readonly string[] {
  return readdirSync(`${REPOSITORY}/ts-core/${layer}`, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${layer}/${name.replaceAll('\\', '/').replace(/\.ts$/, '')}`);
}

const FUNCTION_OR_CLASS =
  /^(?:export )?(?:async )?function\b|^(?:export )?(?:abstract )?class\b|^(?:export )?const \w+ = (?:async )?\([^)]*\)[^=;]*=>/m;

function holdsLogic(path: string): boolean {
  return FUNCTION_OR_CLASS.test(codeOf(readFileSync(`${REPOSITORY}/ts-core/${path}.ts`, 'utf8')));
}

function hasTest(path: string): boolean {
  return existsSync(`${REPOSITORY}/tests/${path}.test.ts`);
}

function isExcepted(path: string): boolean {
  return EXCEPTIONS.some(({ files }) =>
    files.some((file) => (file.endsWith('/') ? path.startsWith(file) : path === file)),
  );
}

describe('tests mirror the tree', () => {
  const sources = LAYERS.flatMap(sourcesOf).filter(holdsLogic);

  it('with a test file for every file that holds logic, except for the listed exceptions', () => {
    assert.ok(sources.length > 150, `${sources.length} files`);
    assert.deepEqual(
      sources.filter((path) => !hasTest(path) && !isExcepted(path)),
      [],
    );
  });

  it('with no exception for a file that has a test', () => {
    const files = EXCEPTIONS.flatMap((exception) => exception.files);
    const needless = files.filter((file) =>
      file.endsWith('/')
        ? !sources.some((path) => path.startsWith(file) && !hasTest(path))
        : hasTest(file) || !sources.includes(file),
    );
    assert.deepEqual(needless, []);
  });

  it('with tests that exist where the exceptions say', () => {
    const missing = EXCEPTIONS.flatMap(({ testedBy }) => testedBy).filter(
      (test) => !existsSync(`${REPOSITORY}/tests/${test}.ts`),
    );
    assert.deepEqual(missing, []);
  });

  it('with test files at the path of what they test, except for behaviour of several files', () => {
    const known = new Set(LAYERS.flatMap(sourcesOf));
    assert.deepEqual(
      LAYERS.flatMap(subjectsOf)
        .filter((subject) => !known.has(subject))
        .toSorted(),
      SEVERAL_FILES.flatMap(({ tests }) => tests).toSorted(),
    );
  });
});
