// Runs a test suite of another project over this broker, as root, against one broker that lives through all of it.
//   node tests/suites/run.mjs tpm2-tools|tpm2-tss|tpm2-abrmd SOURCE-TREE [options]
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildNativeClients } from '../../tools/native-clients.mjs';
import { PrivateBroker } from '../../tools/private-broker.mjs';
import { SoftwareTpm } from './software-tpm.mjs';
import { runTestProgram } from './test-program.mjs';
import * as tpm2Abrmd from './tpm2-abrmd.mjs';
import * as tpm2Tools from './tpm2-tools.mjs';
import * as tpm2Tss from './tpm2-tss.mjs';

const TCTI_LIBRARY = 'libtss2-tcti-tbs.so.0';
const SUITES = { 'tpm2-tools': tpm2Tools, 'tpm2-tss': tpm2Tss, 'tpm2-abrmd': tpm2Abrmd };

const USAGE = `node tests/suites/run.mjs ${Object.keys(SUITES).join('|')} SOURCE-TREE [options]

  SOURCE-TREE      a tree of the suite's sources; tpm2-tss and tpm2-abrmd must be built in it
  --over WHAT      broker (default): the TCTI tbs; bare: the swtpm TCTI, to compare with
  --tpm WHICH      new (default): the software TPM is replaced before every test, as the suites do themselves;
                   same: one TPM lives through the whole suite, as the broker does
  --grant          grant administrators the commands that the suite needs and nobody has by default
  --only PATTERN   tests whose name matches this regular expression
  --logs FOLDER    where the tests' output goes (default: a new folder)
  --limit SECONDS  for one test (default: 300)
  --packages       print the Debian packages that the suite needs, and stop
  --help           print this, and stop`;

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      over: { type: 'string', default: 'broker' },
      tpm: { type: 'string', default: 'new' },
      grant: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      logs: { type: 'string' },
      limit: { type: 'string', default: '300' },
      packages: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const [suiteName, source] = positionals;
  const suite = SUITES[suiteName];
  const known = ['broker', 'bare'].includes(values.over) && ['new', 'same'].includes(values.tpm);
  if (suite === undefined || !known || !(Number(values.limit) > 0)) throw new Error(USAGE);
  if (!values.packages && (source === undefined || !existsSync(source))) throw new Error(USAGE);
  return {
    ...values,
    suite,
    source: path.resolve(source ?? '.'),
    only: new RegExp(values.only),
    limit: Number(values.limit),
  };
}

/** The log compilers of tpm2-tss make a folder for a simulator that they do not start here. */
function simulatorFolders() {
  return readdirSync('/tmp').filter((name) => name.startsWith('tpm_simulator_'));
}

function removeSimulatorFoldersBut(before) {
  for (const name of simulatorFolders().filter((folder) => !before.includes(folder))) {
    try {
      rmdirSync(path.join('/tmp', name));
    } catch (error) {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'ENOENT') throw error;
    }
  }
}

/** What an administrator does for programs that need commands which nobody may send by default. */
function grantToAdministrators(broker, commands) {
  const tbs = fileURLToPath(new URL('../../bin/tbs.js', import.meta.url));
  const args = [tbs, 'grant', ...commands, '--class', 'administrator', '--socket', broker.rpcSocket];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`tbs grant failed: ${stderr}`);
}

async function runSuite(settings) {
  const { suite } = settings;
  const scratch = mkdtempSync(path.join(tmpdir(), 'tpmtbs-suite-'));
  const logs = path.resolve(settings.logs ?? mkdtempSync(path.join(tmpdir(), 'tpmtbs-suite-logs-')));
  mkdirSync(logs, { recursive: true });
  const brokerFolder = path.join(scratch, 'broker');
  mkdirSync(brokerFolder);
  const tpm = new SoftwareTpm(path.join(scratch, 'tpm'));
  const broker = new PrivateBroker(brokerFolder);
  const foldersBefore = simulatorFolders();
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interruption.abort());
  try {
    const tree = suite.prepare({ source: settings.source, scratch });
    const tests = suite.tests(tree).filter(({ name }) => settings.only.test(name));
    // A copy, since the build folder may be built anew meanwhile.
    const libraries = path.join(scratch, 'lib');
    mkdirSync(libraries, { mode: 0o755 });
    copyFileSync(path.join(await buildNativeClients(), TCTI_LIBRARY), path.join(libraries, TCTI_LIBRARY));
    // The broker as well: one whose TPM is exchanged ends, since what it knows belongs to the earlier TPM.
    const startAnew = async () => {
      await broker.stop();
      await tpm.replace();
      if (settings.over !== 'broker') return;
      const swtpm = { data: `unix:${tpm.dataPath}`, control: `unix:${tpm.controlPath}` };
      await broker.start({ transport: { kind: 'swtpm', swtpm }, power: { logind: false } });
      if (settings.grant && suite.needsGrant.length > 0) grantToAdministrators(broker, suite.needsGrant);
    };
    await startAnew();
    const tcti = settings.over === 'broker' ? 'tbs' : `swtpm:path=${tpm.dataPath}`;
    const results = [];
    for (const test of tests) {
      if (settings.tpm === 'new' && results.length > 0) await startAnew();
      const program = suite.program(tree, test, tcti);
      const env = { ...program.env, LD_LIBRARY_PATH: libraries, TPMTBS_WIRE_SOCKET: broker.wireSocket };
      const logPath = path.join(logs, `${test.name}.log`);
      const result = await runTestProgram(
        { ...program, env },
        {
          logPath,
          limitSeconds: settings.limit,
          signal: interruption.signal,
        },
      );
      if (interruption.signal.aborted) throw new Error('interrupted');
      results.push({ name: test.name, ...result });
      console.log(`${result.outcome.padEnd(9)} ${test.name} ${result.seconds.toFixed(1)} s`);
      if (settings.over === 'broker' && !broker.isRunning) throw new Error(`the broker ended during ${test.name}`);
    }
    writeFileSync(path.join(logs, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
    return { results, logs };
  } finally {
    await broker.stop();
    await tpm.stop();
    rmSync(scratch, { recursive: true, force: true });
    removeSimulatorFoldersBut(foldersBefore);
  }
}

function summarize({ results, logs }) {
  const count = (outcome) => results.filter((result) => result.outcome === outcome).length;
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
  const failed = results.length - count('passed') - count('skipped');
  console.log(
    `\n${results.length} tests in ${seconds.toFixed(0)} s: ${count('passed')} passed, ${failed} failed, ` +
      `${count('skipped')} skipped themselves; their output is in ${logs}`,
  );
  return failed === 0 && results.length > 0 ? 0 : 1;
}

try {
  const settings = readArguments();
  if (settings.packages) console.log(settings.suite.packages.join(' '));
  else process.exitCode = summarize(await runSuite(settings));
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
}
