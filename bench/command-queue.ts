/** Cost of one queue operation as the queue grows: `npm run bench:queue`. */
import { CommandQueue } from '../ts-core/domain/scheduling/command-queue.js';

interface BenchCommand {
  readonly contextId: number;
  readonly userKey: string;
  readonly priority: number;
}

const OPERATIONS = 200_000;
const SIZES = [10, 100, 1_000, 10_000, 100_000];
const PRIORITIES = [100, 200, 300, 400, 0x80000000];

function measure(size: number, contexts: number): number {
  const queue = new CommandQueue<BenchCommand>({ agingHorizonMs: 10_000, longestRun: 4 });
  let made = 0;
  const push = (nowMs: number): void => {
    const context = made % contexts;
    queue.push(
      { contextId: context + 1, userKey: `uid:${context % 64}`, priority: PRIORITIES[made % 5] as number },
      nowMs,
    );
    made++;
  };
  for (let count = 0; count < size; count++) push(count / 100);
  const startedAt = performance.now();
  for (let count = 0; count < OPERATIONS; count++) {
    const nowMs = size / 100 + count / 100;
    queue.next(nowMs, () => true);
    push(nowMs);
  }
  return ((performance.now() - startedAt) * 1e6) / OPERATIONS;
}

const FEW_CONTEXTS = 64;

// Once unmeasured, so that all sizes run compiled code.
measure(100_000, FEW_CONTEXTS);
measure(100_000, 25_000);
console.log('waiting  ns per push and next, 64 contexts  the same, a context for every 4 commands');
for (const size of SIZES) {
  const few = measure(size, FEW_CONTEXTS).toFixed(0);
  const many = measure(size, Math.max(1, size / 4)).toFixed(0);
  console.log(`${`${size}`.padStart(7)}  ${few.padStart(33)}  ${many.padStart(40)}`);
}
