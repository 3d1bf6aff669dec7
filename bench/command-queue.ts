/**
 * Measures the cost of one queue operation as the queue grows: `npm run bench:queue`. Reports processor time, the
 * best of several repetitions, since other work on the machine is not part of the queue's cost.
 *
 * A second measurement gives new objects so much room that the garbage collector, which moves long-lived objects,
 * hardly runs. The remaining growth is due to the algorithm and the processor's caches.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CommandQueue } from '../ts-core/domain/scheduling/command-queue.js';
import { TBS_COMMAND_PRIORITY } from '../ts-core/domain/scheduling/priority.js';

interface BenchCommand {
  readonly contextId: number;
  readonly userKey: string;
  readonly priority: number;
  readonly isHeldToShare: boolean;
}

const OPERATIONS = 100_000;
const REPETITIONS = 6;
const SIZES = [10, 100, 1_000, 10_000, 100_000];
const PRIORITIES = Object.values(TBS_COMMAND_PRIORITY);

function measure(size: number, contexts: number): number {
  const queue = new CommandQueue<BenchCommand>({ agingHorizonMs: 10_000, longestRun: 4 });
  let made = 0;
  const push = (nowMs: number): void => {
    const context = made % contexts;
    queue.push(
      {
        contextId: context + 1,
        userKey: `uid:${context % 64}`,
        priority: PRIORITIES[made % PRIORITIES.length] as number,
        isHeldToShare: made % 2 === 0,
      },
      nowMs,
    );
    made++;
  };
  for (let count = 0; count < size; count++) push(count / 100);
  let nowMs = size / 100;
  let best = Number.POSITIVE_INFINITY;
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const before = process.cpuUsage().user;
    for (let count = 0; count < OPERATIONS; count++) {
      nowMs += 0.01;
      queue.next(nowMs, () => true);
      push(nowMs);
    }
    best = Math.min(best, ((process.cpuUsage().user - before) * 1e3) / OPERATIONS);
  }
  return best;
}

const FEW_CONTEXTS = 64;

const WITHOUT_COLLECTOR = ['--min-semi-space-size=128', '--max-semi-space-size=128'];
const isWithoutCollector = process.execArgv.includes(WITHOUT_COLLECTOR[0] as string);

// The first run is not measured, so that all sizes run compiled code.
measure(100_000, FEW_CONTEXTS);
measure(100_000, 25_000);
console.log(isWithoutCollector ? '\nwithout the collector' : 'processor time');
console.log('waiting  ns per push and next, 64 contexts  the same, a context for every 4 commands');
for (const size of SIZES) {
  const few = measure(size, FEW_CONTEXTS).toFixed(0);
  const many = measure(size, Math.max(1, size / 4)).toFixed(0);
  console.log(`${`${size}`.padStart(7)}  ${few.padStart(33)}  ${many.padStart(40)}`);
}
if (!isWithoutCollector) {
  spawnSync(process.execPath, [...WITHOUT_COLLECTOR, fileURLToPath(import.meta.url)], { stdio: 'inherit' });
}
