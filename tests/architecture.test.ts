/** Enforces the architecture: the import arrows of CONTRIBUTING.md. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeOf, importsOf, type SourceImport } from './support/source-imports.js';

const REPOSITORY = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const LAYERS = ['domain', 'application', 'endpoints', 'adapters', 'daemon', 'cli', 'client', 'actions'] as const;
const NOT_OURS = new Set(['node_modules', 'build', 'dist', 'prebuilds', 'obj', '.git']);

interface SourceFile {
  /** The path below ts-core/, with forward slashes: `domain/filter/command-filter.ts`. */
  readonly path: string;
  readonly source: string;
}

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

function sourcesUnder(folder: string, root: string): readonly SourceFile[] {
  return filesUnder(folder)
    .filter((path) => /\.(?:tsx?|mjs)$/.test(path))
    .map((path) => ({ path: relative(root, path).split(sep).join('/'), source: readFileSync(path, 'utf8') }));
}

const SOURCES = sourcesUnder(`${REPOSITORY}/ts-core`, `${REPOSITORY}/ts-core`);

/** The measurements; their paths begin with `bench/`. */
const BENCHES = sourcesUnder(`${REPOSITORY}/bench`, REPOSITORY);

function layerOf(path: string): string {
  return path.split('/')[0] as string;
}

/**
 * `endpoints/wire`, `adapters/state`: the feature folder of a file; the layer itself for a file that all of it shares.
 */
function featureOf(path: string): string {
  const parts = path.split('/');
  return parts.length > 2 ? `${parts[0]}/${parts[1]}` : (parts[0] as string);
}

/** Returns the target of a relative import as a path below ts-core/; undefined for a package. */
function targetOf(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const [plain, withJsx] = ['.ts', '.tsx'].map((ending) =>
    posix.join(posix.dirname(file), specifier).replace(/\.js$/, ending),
  ) as [string, string];
  return SOURCES.some(({ path }) => path === withJsx) ? withJsx : plain;
}

/** Returns the imports of a layer's files that the rule does not permit, as `file <- import`. */
function violations(
  layer: string,
  permits: (file: string, imported: SourceImport, target?: string) => boolean,
): string[] {
  return SOURCES.filter(({ path }) => layerOf(path) === layer).flatMap(({ path, source }) =>
    importsOf(source)
      .filter((imported) => !permits(path, imported, targetOf(path, imported.specifier)))
      .map(({ specifier }) => `${path} <- ${specifier}`),
  );
}

function isIn(target: string | undefined, ...layers: readonly string[]): boolean {
  return target !== undefined && layers.includes(layerOf(target));
}

/** Returns whether the file is in application/ports/, the interfaces that adapters implement. */
function isPort(target: string | undefined): boolean {
  return target !== undefined && featureOf(target) === 'application/ports';
}

/** Globals that lead to the outside world; the pure layers receive it as arguments or through ports. */
const GLOBALS_OF_THE_OUTSIDE: readonly RegExp[] = [
  /\bprocess\s*[.[]/,
  /\bset(?:Timeout|Interval|Immediate)\s*\(/,
  /\bDate\.now\b/,
  /\bnew Date\(\s*\)/,
  /\bperformance\s*\./,
  /\bMath\.random\b/,
  /(?<![.#\w])crypto\s*\./,
  /(?<![.#\w])fetch\s*\(/,
  /\bconsole\s*\./,
  /\brequire\s*\(/,
  /\bglobalThis\b/,
  /\bimport\.meta\b/,
];

function globalsUsed(layer: string, banned: readonly RegExp[]): string[] {
  return SOURCES.filter(({ path }) => layerOf(path) === layer).flatMap(({ path, source }) => {
    const code = codeOf(source);
    return banned.filter((pattern) => pattern.test(code)).map((pattern) => `${path} uses ${pattern.source}`);
  });
}

function isTable(path: string): boolean {
  return path === 'domain/tpm12/codes.ts' || path === 'domain/tpm20/codes.ts';
}

/** Files with numbers in the form of the TPM's that come from elsewhere. */
const OTHER_NUMBERS: readonly { readonly files: readonly string[]; readonly because: string }[] = [
  {
    files: ['domain/tpm/command-header.ts', 'endpoints/wire/frame.ts'],
    because: 'they write integers byte by byte; a frame of the wire protocol is the broker’s own',
  },
  {
    files: ['domain/tpm/device-facts.ts', 'endpoints/rpc/json-rpc.ts', 'cli/commands/tpm.ts'],
    because: 'they compare characters',
  },
  { files: ['domain/tpm/describe-response-code.ts'], because: 'it tells the layers of TSS2 response codes apart' },
  { files: ['domain/tpm/der-certificate.ts'], because: 'it reads DER (X.690)' },
  {
    files: ['domain/tpm/created-key-type.ts', 'domain/scheduling/command-costs.ts'],
    because: 'they pack two numbers into one',
  },
  { files: ['domain/tbs-error.ts', 'domain/scheduling/priority.ts'], because: 'they are the tables of Tbs.h' },
  { files: ['domain/tpm/swtpm-control.ts'], because: 'it is the table of tpm_ioctl.h' },
  { files: ['domain/lockout/unkeyed-sessions.ts'], because: 'it computes an HMAC (RFC 2104)' },
  {
    files: ['domain/firmware/event-types.ts', 'domain/firmware/physical-presence.ts'],
    because: 'they follow the PC Client firmware profile and the Physical Presence Interface',
  },
  {
    files: ['adapters/directory/sasl-bind.ts', 'adapters/directory/tpm-information-object.ts'],
    because: 'they write and read BER (X.690)',
  },
  { files: ['adapters/directory/keytab-file.ts'], because: 'it reads MIT’s keytab format' },
  { files: ['adapters/state/lmdb-file-check.ts'], because: 'it knows a file of LMDB by its first bytes' },
  { files: ['daemon/settings/values.ts'], because: 'it has the highest user id' },
  { files: ['actions/engines/edge-engine.ts'], because: 'it has a flag of dlopen' },
  { files: ['domain/owner-auth/provisioning-information.ts'], because: 'it is the table of Win32_Tpm' },
  { files: ['domain/policy/registry-pol.ts'], because: 'it reads Registry.pol (MS-GPREG)' },
  {
    files: ['endpoints/simulator/swtpm-control-protocol.ts'],
    because: 'it has the commands of swtpm’s control channel',
  },
];

/**
 * The forms in which numbers of the TPM specifications are written: constants under the TPM's names, hexadecimal
 * (masks of whole digits aside), single bits, the type in a handle, and the number in a response code.
 */
const SPECIFICATION_NUMBERS: readonly RegExp[] = [
  /^(?:export )?const (?:TPM(?:A_\w+|_(?:ALG|CAP|CC|DA|DEL|ECC|ET|FAMILY|HT|KEY|KH|ORD|PID|PT|RC|RH|RS|RT|ST|SU|TAG)_?\w*)|TSC_\w+)(?:: number)? = \d/gm,
  /\b0x(?!f+\b)[\da-f_]+\b/gi,
  /\b1 << \d+/g,
  />>> 24\b/g,
  />>> 8\) & (?:7|15|0x7|0xf)\b/g,
];

const VERSIONED_EXPORT = /^export (?:async )?(?:function\*?|const|class|interface|type) (\w*[a-z]_?(?:12|20))\b/gim;

function specificationNumbersIn(source: string): string[] {
  const code = codeOf(source);
  return SPECIFICATION_NUMBERS.flatMap((pattern) => [...code.matchAll(pattern)].map(([number]) => number));
}

describe('architecture: the import arrows', () => {
  it('are checked on real files of every layer', () => {
    const found = LAYERS.filter((layer) => SOURCES.some(({ path }) => layerOf(path) === layer));
    const unknown = SOURCES.filter(({ path }) => !(LAYERS as readonly string[]).includes(layerOf(path)));
    for (const layer of ['domain', 'application', 'endpoints', 'adapters', 'daemon'] as const)
      assert.ok(found.includes(layer), layer);
    assert.deepEqual(
      unknown.map(({ path }) => path),
      [],
      'every file of ts-core belongs to a layer',
    );
    const imports = SOURCES.flatMap(({ source }) => importsOf(source));
    assert.ok(SOURCES.length > 40 && imports.length > 100, `${SOURCES.length} files, ${imports.length} imports`);
  });

  it('point to files that exist', () => {
    const paths = new Set(SOURCES.map(({ path }) => path));
    const dangling = SOURCES.flatMap(({ path, source }) =>
      importsOf(source)
        .map(({ specifier }) => targetOf(path, specifier))
        .filter((target) => target !== undefined && !target.startsWith('..') && !paths.has(target))
        .map((target) => `${path} <- ${target}`),
    );
    assert.deepEqual(
      dangling.filter((entry) => !entry.endsWith('.json')),
      [],
    );
  });

  it('domain is pure: it imports only domain, no package and nothing of Node', () => {
    assert.deepEqual(
      violations('domain', (_file, _imported, target) => isIn(target, 'domain')),
      [],
    );
    assert.deepEqual(globalsUsed('domain', [...GLOBALS_OF_THE_OUTSIDE, /\bBuffer\b/]), []);
  });

  it('application imports only application and domain; the outside comes through ports', () => {
    assert.deepEqual(
      violations('application', (_file, _imported, target) => isIn(target, 'application', 'domain')),
      [],
    );
    assert.deepEqual(globalsUsed('application', GLOBALS_OF_THE_OUTSIDE), []);
  });

  it('an endpoint imports application, domain, its own folder and what all endpoints share', () => {
    assert.deepEqual(
      violations('endpoints', (file, { specifier }, target) => {
        if (!specifier.startsWith('.')) return true;
        if (isIn(target, 'application', 'domain')) return true;
        return isIn(target, 'endpoints') && ['endpoints', featureOf(file)].includes(featureOf(target as string));
      }),
      [],
    );
  });

  it('an adapter imports domain, its own folder, what all adapters share, and of application only the types of ports', () => {
    assert.deepEqual(
      violations('adapters', (file, { specifier, typeOnly }, target) => {
        if (!specifier.startsWith('.')) return true;
        if (isIn(target, 'domain')) return true;
        if (isPort(target)) return typeOnly;
        return isIn(target, 'adapters') && ['adapters', featureOf(file)].includes(featureOf(target as string));
      }),
      [],
    );
  });

  it('every port has an adapter that imports its types, and a port imports only domain and other ports', () => {
    const ports = SOURCES.map(({ path }) => path).filter(isPort);
    const implemented = new Set(
      SOURCES.filter(({ path }) => layerOf(path) === 'adapters').flatMap(({ path, source }) =>
        importsOf(source).map(({ specifier }) => targetOf(path, specifier)),
      ),
    );
    assert.ok(ports.length > 5, `${ports.length} ports`);
    assert.deepEqual(
      ports.filter((port) => !implemented.has(port)),
      [],
    );
    assert.deepEqual(
      violations('application', (file, _imported, target) => !isPort(file) || isIn(target, 'domain') || isPort(target)),
      [],
    );
  });

  it('nobody but the daemon and the service of event actions imports adapters', () => {
    const importers = SOURCES.filter(
      ({ path, source }) =>
        layerOf(path) !== 'adapters' &&
        importsOf(source).some(({ specifier, typeOnly }) => !typeOnly && isIn(targetOf(path, specifier), 'adapters')),
    );
    assert.deepEqual(
      importers.map(({ path }) => path).filter((path) => layerOf(path) !== 'daemon'),
      ['actions/main.ts'],
    );
  });

  it('the service of event actions speaks to the broker as any client', () => {
    assert.deepEqual(
      violations('actions', (_file, { specifier, typeOnly }, target) => {
        if (!specifier.startsWith('.')) return true;
        if (isIn(target, 'actions', 'domain', 'client', 'daemon')) return true;
        return (
          (typeOnly && isIn(target, 'application', 'endpoints')) ||
          target?.startsWith('adapters/event-actions/') === true
        );
      }),
      [],
    );
  });

  it('the process of edge-js loads nothing that starts processes', () => {
    const reached = new Set<string>();
    const visit = (file: string): void => {
      if (reached.has(file)) return;
      reached.add(file);
      const { source } = SOURCES.find(({ path }) => path === file) as SourceFile;
      for (const { specifier, typeOnly } of importsOf(source)) {
        const target = targetOf(file, specifier);
        if (!typeOnly && target !== undefined) visit(target);
        assert.ok(typeOnly || specifier !== 'node:child_process', `${file} imports ${specifier}`);
      }
    };
    visit('actions/engines/edge-engine.ts');
    assert.ok(reached.has('actions/engines/invoke-event-action.ts'));
  });

  it('the command line speaks to the broker as any client: it imports neither application nor adapters', () => {
    assert.deepEqual(
      violations('cli', (_file, { specifier, typeOnly }, target) => {
        if (!specifier.startsWith('.')) return true;
        return (
          isIn(target, 'cli', 'client', 'domain', 'daemon', 'endpoints') || (typeOnly && isIn(target, 'application'))
        );
      }),
      [],
    );
  });

  it('the client library imports nothing of the command line, and of the protocol types alone', () => {
    assert.deepEqual(
      violations('client', (_file, { specifier, typeOnly }, target) => {
        if (!specifier.startsWith('.')) return specifier.startsWith('node:') || specifier === 'vscode-jsonrpc/node';
        // Only the operating system knows who listens; the daemon has the adapters that ask it.
        const findsListener = target === 'daemon/client-connection.ts';
        return isIn(target, 'client', 'domain') || findsListener || (typeOnly && isIn(target, 'endpoints'));
      }),
      [],
    );
  });

  it('no files import each other in a circle, not even for their types', () => {
    const imported = new Map(
      SOURCES.map(({ path, source }) => {
        return [path, importsOf(source).flatMap(({ specifier }) => targetOf(path, specifier) ?? [])] as const;
      }),
    );
    assert.deepEqual(circlesIn(imported), []);
  });

  it('private members are #private; only constructors use the keyword', () => {
    const keyword = /^\s*private (?!constructor\()[\w*]|[(,]\s*private readonly /gm;
    assert.ok(keyword.test('  private count = 0;') && /#\w+/.test(SOURCES.map(({ source }) => source).join('\n')));
    const users = SOURCES.filter(({ source }) => source.match(keyword) !== null).map(({ path }) => path);
    assert.deepEqual(users, []);
  });

  it('names in domain/tpm12 and domain/tpm20 do not repeat the version', () => {
    const versioned = SOURCES.filter(({ path }) => /^domain\/tpm(?:12|20)\//.test(path)).flatMap(({ path, source }) =>
      [...codeOf(source).matchAll(VERSIONED_EXPORT)].map(([, name]) => `${path}: ${name}`),
    );
    assert.deepEqual(versioned, ['domain/tpm12/crypto12.ts: Crypto12']);
  });

  it('the numbers of the TPM specifications are only in the tables of tpm12/codes.ts and tpm20/codes.ts', () => {
    const searched = [...SOURCES, ...BENCHES].filter(({ path }) => !isTable(path));
    for (const layer of [...LAYERS, 'bench']) {
      assert.ok(searched.filter(({ path }) => layerOf(path) === layer).length > 5, `files of ${layer}`);
    }
    const found = searched.flatMap(({ path, source }) =>
      specificationNumbersIn(source).map((number) => ({ path, number })),
    );
    const excepted = OTHER_NUMBERS.flatMap(({ files }) => files);
    assert.deepEqual(
      found.filter(({ path }) => !excepted.includes(path)).map(({ path, number }) => `${path}: ${number}`),
      [],
    );
    assert.deepEqual(
      excepted.filter((file) => !found.some(({ path }) => path === file)),
      [],
      'every exception is needed',
    );
  });
});

describe('architecture: names', () => {
  it('describe the content: no file or folder is called utils, helpers, misc, common or shared', () => {
    const nameless = /^(?:utils?|helpers?|misc|common|shared|stuff)(?:\.|$)/i;
    const roots = ['ts-core', 'tests', 'module', 'native', 'Pester', 'tools', 'bench', 'docs', 'examples', '.ci'];
    const present = readdirSync(REPOSITORY).filter((name) => roots.includes(name));
    const paths = present.flatMap((name) => filesUnder(`${REPOSITORY}/${name}`));
    assert.ok(paths.length > 80, `${paths.length} files`);
    const offending = paths.filter((path) =>
      relative(REPOSITORY, path)
        .split(sep)
        .some((part) => nameless.test(part)),
    );
    assert.deepEqual(offending, []);
  });

  it('are the same in both virtualizers, and those that the pages about them list', () => {
    const filesOf = (side: string) =>
      readdirSync(`${REPOSITORY}/ts-core/domain/virtualization/${side}`).map((name) => name.replace(side, 'tpmXX'));
    const listedOn = (page: string, side: string) => {
      const table = /^\| file \| contents \|\n(?:\|.*\n)+/m.exec(readFileSync(`${REPOSITORY}/docs/${page}`, 'utf8'));
      return [...(table?.[0] ?? '').matchAll(/`([\w-]+\.ts)`/g)].map(([, name]) => name?.replace(side, 'tpmXX'));
    };
    assert.deepEqual(filesOf('tpm12').sort(), filesOf('tpm20').sort());
    assert.deepEqual(listedOn('virtualization.md', 'tpm20').sort(), filesOf('tpm20').sort());
    assert.deepEqual(listedOn('virtualization-tpm12.md', 'tpm12').sort(), filesOf('tpm12').sort());
  });
});

describe('architecture: tools', () => {
  it('has fewer than 3,000 lines, because registries provide the rest', () => {
    const folder = `${REPOSITORY}/tools`;
    const files = filesUnder(folder).filter((path) => /\.(?:mjs|cjs|json|ps1)$/.test(path));
    assert.ok(files.length > 10, `${files.length} files`);
    const lines = files.map((path) => readFileSync(path, 'utf8').split('\n').length - 1);
    assert.ok(lines.reduce((sum, each) => sum + each, 0) < 3000, `${lines.reduce((sum, each) => sum + each, 0)} lines`);
  });
});

describe('architecture: the checks themselves', () => {
  it('see every form of import', () => {
    const source = `
      import a from 'one';
      import { b, type C } from './two.js';
      import type { D } from './three.js';
      import { type E } from "./four.js";
      import * as f from 'five';
      import 'six';
      export { g } from './seven.js';
      export * from './eight.js';
      export type { H } from './nine.js';
      const lazy = await import('./ten.js');
      // import { not } from 'comment';
      const text = "import { not } from ";
      const table = { 'policy/import': one, 'other': two };
    `;
    assert.deepEqual(
      new Map(importsOf(source).map(({ specifier, typeOnly }) => [specifier, typeOnly])),
      new Map([
        ['one', false],
        ['./two.js', false],
        ['./three.js', true],
        ['./four.js', true],
        ['five', false],
        ['./seven.js', false],
        ['./eight.js', false],
        ['./nine.js', true],
        ['six', false],
        ['./ten.js', false],
      ]),
    );
  });

  it('see globals in code and in templates, not in comments and strings', () => {
    const uses = (source: string) => GLOBALS_OF_THE_OUTSIDE.some((pattern) => pattern.test(codeOf(source)));
    assert.equal(uses('const now = Date.now();'), true);
    assert.equal(uses(`const text = \`at \${Date.now()}\`;`), true);
    assert.equal(uses('setTimeout(() => 1, 5);'), true);
    assert.equal(uses("// Date.now()\nconst text = 'process.exit()'; const at = new Date(5);"), false);
  });

  it('find numbers of the TPM specifications, in every form', () => {
    const found = specificationNumbersIn(`
      const HMAC_SESSION_TYPE = 0x02;
      const FORMAT_ONE_MASK = 0xfffff0ff;
      const NO_DA = 1 << 10;
      if (handle >>> 24 === type || ((code >>> 8) & 7) === 1) return code & 0xffff; // 0x8e
      throw new Error('0x101');
    `);
    assert.deepEqual(found.toSorted(), ['0x02', '0xfffff0ff', '1 << 10', '>>> 24', '>>> 8) & 7']);
    assert.deepEqual(specificationNumbersIn('export const TPM_RH_OWNER = 1073741825;'), [
      'export const TPM_RH_OWNER = 1',
    ]);
  });

  it('find a circle', () => {
    const circle = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', ['a']],
      ['d', []],
    ]);
    assert.deepEqual(circlesIn(circle), ['a -> b -> c -> a']);
  });
});

/** Returns each circle once, beginning with the file where it was found. */
function circlesIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (node: string, trail: readonly string[]): void => {
    const start = trail.indexOf(node);
    if (start >= 0) circles.push([...trail.slice(start), node].join(' -> '));
    if (start >= 0 || done.has(node)) return;
    for (const next of graph.get(node) ?? []) visit(next, [...trail, node]);
    done.add(node);
  };
  for (const node of graph.keys()) visit(node, []);
  return circles;
}
