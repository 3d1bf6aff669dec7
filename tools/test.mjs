// npm test: sets everything up and runs all tests: mocha (TypeScript), ctest (the C libraries), xunit (the module's
// client), Pester (PowerShell).
//   npm test -- --only mocha|bundle|native|client|pester|pester5|machine     one part
//   npm test -- --all     also what `npm test` alone leaves out: event actions on edge-js, end-to-end tests on the bundle,
//                         Pester 5, and run A of `npm run test:machine`
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { failedTestLines, failuresOfPester } from './failed-tests.mjs';
import { root, setUp } from './setup.mjs';
import { installPackages } from './system-packages.mjs';

function run(program, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal === null ? code : signal));
  });
}

/** Runs one part. A part that fails without reporting a failed test counts as one failure. */
async function part(name, work) {
  console.log(`\n== ${name}`);
  const { status, counts } = await work();
  if (counts === undefined || counts.passed + counts.failed + counts.skipped === 0) {
    const message = `ended with ${status} and ran no test`;
    console.log(`${name}: ${message}`);
    return { name, passed: 0, failed: 1, skipped: 0, failures: [{ name: 'the run', message }] };
  }
  const failures = [...(counts.failures ?? [])];
  const crashed = status !== 0 && counts.failed === 0;
  if (crashed) failures.push({ name: 'the run', message: `ended with ${status} although no test failed` });
  return { ...counts, name, failed: counts.failed + (crashed ? 1 : 0), failures };
}

function readCounts(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

function testFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => path.join(folder, name))
    .sort();
}

function runMocha(folder, name = 'mocha', files = testFiles(path.join(root, 'build', 'tests')), env = {}) {
  return part(name, async () => {
    const countsFile = path.join(folder, 'mocha.json');
    rmSync(countsFile, { force: true });
    const mocha = path.join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
    const reporter = path.join(root, 'tools', 'mocha-reporter.cjs');
    const status = await run(process.execPath, [mocha, '--exit', '--reporter', reporter, ...files], {
      TPMTBS_TEST_COUNTS: countsFile,
      ...env,
    });
    const counts = readCounts(countsFile);
    for (const title of counts?.skippedTests ?? []) console.log(`skipped: ${title}`);
    return { status, counts };
  });
}

/** The end-to-end tests to run on the bundle with the shipped Node.js; they cover most of the programs. */
const ON_THE_BUNDLE = 'broker command-line crashes event-actions json-rpc policy power telemetry top virtualization20';

async function runOnBundle(folder) {
  const { shippedPrograms } = await import('../packaging/bundle/bundle.mjs');
  const { folder: programs, node } = await shippedPrograms();
  const files = ON_THE_BUNDLE.split(' ').map((name) => path.join(root, 'build', 'tests', 'e2e', `${name}.test.js`));
  return runMocha(folder, 'the bundle (mocha)', files, {
    TPMTBS_TEST_BUNDLE: programs,
    TPMTBS_TEST_NODE: node,
  });
}

function runPester(folder, name = 'Pester', options = []) {
  return part(name, async () => {
    const countsFile = path.join(folder, 'pester.json');
    rmSync(countsFile, { force: true });
    const tool = path.join(root, 'tools', 'pester.mjs');
    const status = await run(process.execPath, [tool, '--json', countsFile, ...options, 'Pester']);
    const counts = readCounts(countsFile);
    return { status, counts: counts && { ...counts, failures: failuresOfPester(counts) } };
  });
}

/** Runs a part whose tests a program of tools/ runs and counts. */
function runTool(folder, name, tool) {
  return part(name, async () => {
    const countsFile = path.join(folder, `${tool}.json`);
    const status = await run(process.execPath, [path.join(root, 'tools', `${tool}.mjs`), '--json', countsFile]);
    return { status, counts: readCounts(countsFile) };
  });
}

/** Packages this commit, installs the packages in a virtual machine with a TPM 2.0, and uses them there. */
function runMachine(folder) {
  return part('a virtual machine (run A)', async () => {
    const obstacle = await obstacleToPackaging();
    if (obstacle !== undefined) {
      console.log(`skipped: ${obstacle}`);
      return { status: 0, counts: { passed: 0, failed: 0, skipped: 1 } };
    }
    const packaged = await run(process.execPath, [path.join(root, 'packaging', 'package.mjs'), '--snapshot']);
    if (packaged !== 0) return { status: packaged };
    const countsFile = path.join(folder, 'machine.json');
    const program = path.join(root, 'build', 'tests', 'machine', 'run.js');
    const status = await run(process.execPath, [program, '--run', 'A', '--json', countsFile]);
    return { status, counts: readCounts(countsFile) };
  });
}

async function obstacleToPackaging() {
  if (process.platform !== 'linux' || process.getuid() !== 0) return 'building the image of the guest needs root';
  const changes = spawnSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' });
  if (changes.status !== 0 || changes.stdout !== '') return 'only a commit can be packaged, and this tree has changes';
  try {
    await installPackages('machine', { onProgress: (message) => console.log(message) });
  } catch (error) {
    return error.message;
  }
  return undefined;
}

/** The end-to-end tests of event actions run on edge-js too, where it is built. */
async function buildEdgeJs() {
  try {
    const { buildEdge } = await import('../packaging/edge/build.mjs');
    await buildEdge({ onProgress: (text) => console.log(`- ${text}`) });
  } catch (error) {
    console.log(`edge-js is not built, and its tests are skipped: ${error.message}`);
  }
}

const PARTS = {
  mocha: (folder) => runMocha(folder),
  bundle: runOnBundle,
  native: (folder) => runTool(folder, 'C libraries (ctest)', 'test-native'),
  client: (folder) => runTool(folder, "the module's client (xunit)", 'test-client'),
  pester: (folder) => runPester(folder),
  pester5: (folder) => runPester(folder, 'Pester 5', ['--pester', '5']),
  machine: runMachine,
};
/** Parts that run only with --all or --only. */
const EXTRA = ['bundle', 'pester5', 'machine'];

async function main() {
  const { values } = parseArgs({ options: { only: { type: 'string' }, all: { type: 'boolean', default: false } } });
  if (values.only !== undefined && PARTS[values.only] === undefined) {
    throw new Error(`--only is one of ${Object.keys(PARTS).join(', ')}`);
  }
  const chosen = Object.keys(PARTS).filter((name) =>
    values.only === undefined ? values.all || !EXTRA.includes(name) : name === values.only,
  );
  await setUp('test');
  if (values.all) await buildEdgeJs();
  const folder = mkdtempSync(path.join(tmpdir(), 'tpmtbs-test-'));
  const total = { passed: 0, failed: 0, skipped: 0 };
  const results = [];
  try {
    for (const name of chosen) {
      const counts = await PARTS[name](folder);
      results.push(counts);
      for (const key of Object.keys(total)) total[key] += counts[key] ?? 0;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  for (const line of failedTestLines(results)) console.log(line);
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
