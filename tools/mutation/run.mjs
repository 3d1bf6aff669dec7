// npm run test:mutation [-- FOLDER ...]: measures how many deliberate faults in the rules and the command path the
// unit tests notice. Prints a table, lists the faults that no test noticed, and fails if a folder is below its goal.
// A fault that made the tests hang counts as noticed; many of these on a busy machine mean that it was too slow.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { FOLDERS, filesOf } from './folders.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(path.dirname(here));
const reports = path.join(root, '.cache', 'mutation');
const NOTICED = new Set(['Killed', 'Timeout']);
const UNNOTICED = new Set(['Survived', 'NoCoverage']);

function run(program, args, options) {
  const { status, error } = spawnSync(program, args, { stdio: 'inherit', ...options });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}`);
}

function measure({ name, compiled }) {
  if (compiled) run(process.execPath, [path.join(root, 'tools', 'build.mjs')], { cwd: root });
  const report = path.join(reports, `${name.replaceAll('/', '-')}.json`);
  const stryker = path.join(here, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
  const env = { ...process.env, MUTATION_FOLDER: name, MUTATION_REPORT: report };
  const config = path.join(here, 'stryker.config.mjs');
  run('nice', [process.execPath, stryker, 'run', config, '--logLevel', 'warn'], { cwd: root, env });
  return Object.entries(JSON.parse(readFileSync(report, 'utf8')).files).flatMap(([file, { source, mutants }]) =>
    mutants.map((mutant) => ({ file, line: source.split('\n')[mutant.location.start.line - 1].trim(), ...mutant })),
  );
}

const wanted = process.argv.slice(2);
const names = FOLDERS.map(({ name }) => name);
if (!wanted.every((name) => names.includes(name))) throw new Error(`folders are ${names.join(', ')}`);
const folders = FOLDERS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
for (const folder of folders) filesOf(folder);
if (!existsSync(path.join(here, 'node_modules'))) run('npm', ['install'], { cwd: here });
mkdirSync(reports, { recursive: true });

const rows = folders.map((folder) => {
  const mutants = measure(folder);
  const killed = mutants.filter(({ status }) => NOTICED.has(status)).length;
  const timeouts = mutants.filter(({ status }) => status === 'Timeout').length;
  const survivors = mutants.filter(({ status }) => UNNOTICED.has(status));
  for (const { file, location, mutatorName, replacement, line } of survivors)
    console.log(`${file}:${location.start.line} ${mutatorName}: ${line}  =>  ${replacement.replace(/\s+/g, ' ')}`);
  const total = killed + survivors.length;
  const percent = Math.round((1000 * killed) / total) / 10;
  return { folder: folder.name, killed, timeouts, total, percent, goal: folder.goal };
});
console.table(rows);
process.exitCode = rows.every(({ percent, goal }) => percent >= goal) ? 0 : 1;
