/**
 * Measures what one ordinary user can cost the others: `npm run bench:hostile -- [--seconds 5] [--probe TEXT]
 * [--pairs]`. Needs root, because it uses several users. One user attacks in three waves while root and another user
 * work. Each probe has its own daemon. Prints the table of docs/security.md; the exit code is 1 if a goal is missed
 * or a probe cannot be measured.
 *
 * On a busy machine, times are judged without the time in which the broker, its TPM and the working users waited for
 * a processor (shown in parentheses), or by comparison with the same calls without an attacker in the same run: they
 * may be at most twice as long.
 */
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { type Figures, measure, TIME_COLUMNS } from './measurement.js';
import { PROBES } from './probes.js';

/** The times come first, in the order of TIME_COLUMNS. */
const COLUMNS = [
  { name: 'root, p99 wait', unit: 'ms', goal: 20 },
  { name: 'other user, p99 wait', unit: 'ms', goal: 50 },
  { name: 'new connection, p99', unit: 'ms', goal: 50 },
  { name: 'memory above idle', unit: 'MiB', goal: 64 },
  { name: 'third wave / first', unit: '', goal: 1.1 },
  { name: 'normal again after', unit: 'ms', goal: 1000 },
  { name: 'audit and log', unit: 'KB/min', goal: 100 },
] as const;
const WORST_PROBES = 5;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    probe: { type: 'string', default: '' },
    pairs: { type: 'boolean', default: false },
  },
});

interface Row extends Figures {
  readonly names: readonly string[];
}

console.log(['probe', ...COLUMNS.map(({ name, unit, goal }) => `${name} (<= ${goal} ${unit})`)].join(' | '));
const failed: string[] = [];
const rows: Row[] = [];
for (const { name } of PROBES.filter((probe) => probe.name.includes(values.probe))) await tell([name]);
if (values.pairs) {
  const worst = [...rows].sort((left, right) => worstShare(right) - worstShare(left)).slice(0, WORST_PROBES);
  const pairs = worst.flatMap((left, index) => worst.slice(index + 1).map((right) => [...left.names, ...right.names]));
  for (const names of pairs) await tell(names);
}
console.log(failed.length === 0 ? 'All goals are met.' : `Goals are missed by: ${failed.join('; ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

async function tell(names: readonly string[]): Promise<void> {
  const title = names.join(' + ');
  try {
    const row = { names, ...(await measure(names, Number(values.seconds) * 1000)) };
    rows.push(row);
    const missed = COLUMNS.map((_, column) => isMissed(row, column));
    if (missed.includes(true)) failed.push(title);
    const cells = COLUMNS.map((_, column) => `${cell(row, column)}${missed[column] ? ' (!)' : ''}`);
    const before = TIME_COLUMNS.map((_, column) => round(row.times[column]?.beforeMs ?? 0)).join(', ');
    console.log([title, ...cells].join(' | '), `| without: ${before} ms; load ${round(loadavg()[0] as number)}`);
  } catch (error) {
    failed.push(title);
    console.log(`${title} | not measured: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function cell(row: Row, column: number): string {
  const time = row.times[column];
  if (time === undefined) return String(round(row.others[column - row.times.length] as number));
  return `${round(time.ms)} (${round(time.idleMs)})`;
}

function isMissed(row: Row, column: number): boolean {
  const { goal } = COLUMNS[column] as (typeof COLUMNS)[number];
  const time = row.times[column];
  if (time === undefined) return (row.others[column - row.times.length] as number) > goal;
  return time.ms > Math.max(goal, 2 * time.beforeMs) && (!isBusy(row) || time.idleMs > goal);
}

/** Whether other processes used the processors while nobody attacked. */
function isBusy({ load }: Row): boolean {
  return load > availableParallelism();
}

function worstShare(row: Row): number {
  const figures = [...row.times.map(({ idleMs }) => idleMs), ...row.others];
  return Math.max(...figures.map((figure, column) => figure / (COLUMNS[column]?.goal ?? 1)));
}

function round(value: number): number {
  return value >= 10 ? Math.round(value) : Math.round(value * 100) / 100;
}
