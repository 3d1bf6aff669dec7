/**
 * Measures how much one standard user can delay the others: `npm run bench:hostile -- [--seconds 5] [--probe TEXT]`.
 * Needs root, to act as several users. One user attacks in three waves while root and another user work. Each probe,
 * and each of the ten pairs of the five worst probes (not with --probe), runs against a daemon of its own; the results
 * are the table of docs/security.md. The exit code is 1 if a goal is missed or a probe cannot be measured. judgement.ts
 * has the goals and the rule.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { GOALS, isLoaded, type Judged, LOADED_SHARE, missedGoals, TIME_COLUMNS, worstShare } from './judgement.js';
import { type Figures, measure } from './measurement.js';
import { PROBES } from './probes.js';
import { ProcessorGroups } from './processor-groups.js';

const WORST_PROBES = 5;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    probe: { type: 'string', default: '' },
  },
});
/** Between the names of two probes that run at once. */
const PAIR = ' + ';
const groups = ProcessorGroups.create();

interface Row extends Figures, Judged {
  readonly names: readonly string[];
}

console.log(
  `A run counts as loaded when programs that are no part of it had more than ${LOADED_SHARE * 100}% of the processors; ` +
    'then twice the time without an attacker is allowed (in brackets).',
);
console.log(['probe', ...GOALS.map(({ name, unit, goal }) => `${name} (<= ${goal} ${unit})`), 'machine'].join(' | '));
const failed: string[] = [];
const rows: Row[] = [];
if (values.probe.includes(PAIR)) await tell(values.probe.split(PAIR));
for (const { name } of PROBES.filter((probe) => probe.name.includes(values.probe))) await tell([name]);
if (values.probe === '') {
  const worst = [...rows].sort((left, right) => worstShare(right) - worstShare(left)).slice(0, WORST_PROBES);
  const pairs = worst.flatMap((left, index) => worst.slice(index + 1).map((right) => [...left.names, ...right.names]));
  console.log('The worst pairs:');
  for (const names of pairs) await tell(names);
}
console.log(summary());
groups.remove();
process.exitCode = failed.length === 0 ? 0 : 1;

async function tell(names: readonly string[]): Promise<void> {
  const title = names.join(PAIR);
  try {
    const row = { names, ...(await measure(names, Number(values.seconds) * 1000, groups)) };
    rows.push(row);
    const missed = missedGoals(row);
    if (missed.includes(true)) failed.push(title);
    console.log([title, ...GOALS.map((_, column) => cell(row, column, missed)), machine(row)].join(' | '));
  } catch (error) {
    failed.push(title);
    console.log(`${title} | not measured: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function cell(row: Row, column: number, missed: readonly boolean[]): string {
  const without = row.without[column];
  const figure = round(row.figures[column] as number);
  const peaks =
    GOALS[column]?.name === 'peak of third wave / first' ? ` (${row.peaksMiB.map(round).join(', ')} MiB)` : '';
  return `${figure}${without === undefined ? '' : ` [${round(without)}]`}${peaks}${missed[column] ? ' (!)' : ''}`;
}

function machine(row: Row): string {
  const others = `others ${Math.round(row.shareOfOthers * 100)}%, load ${round(loadavg()[0] as number)}`;
  // The time that the broker, its TPM and the working users waited for a processor explains a miss, but does not excuse
  // it.
  const onIdle = TIME_COLUMNS.map((_, column) => round(row.withoutProcessorWaits[column] as number)).join(', ');
  return `${isLoaded(row) ? 'loaded' : 'idle'}: ${others}; times without waiting for a processor: ${onIdle} ms`;
}

function summary(): string {
  const loaded = rows.filter(isLoaded).length;
  const machines = `${rows.length - loaded} on an idle machine, ${loaded} on a loaded one`;
  return failed.length === 0
    ? `All goals are met (${machines}).`
    : `Goals are missed by ${failed.length} of ${rows.length} (${machines}): ${failed.join('; ')}`;
}

function round(value: number): number {
  return value >= 10 ? Math.round(value) : Math.round(value * 100) / 100;
}
