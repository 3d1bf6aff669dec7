import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import fc from 'fast-check';
import { CommandQueue } from '../../../ts-core/domain/scheduling/command-queue.js';
import { TBS_COMMAND_PRIORITY } from '../../../ts-core/domain/scheduling/priority.js';
import type { QueuePlace } from '../../../ts-core/domain/scheduling/queue-lines.js';

const { LOW, NORMAL, HIGH, MAX } = TBS_COMMAND_PRIORITY;
const agingHorizonMs = 1000;

interface TestCommand {
  readonly name: string;
  readonly contextId: number;
  readonly userKey: string;
  readonly priority: number;
  readonly isHeldToShare: boolean;
}

let made = 0;
function command(userKey: string, contextId: number, priority: number = NORMAL): TestCommand {
  const isHeldToShare = !userKey.startsWith('root');
  return { name: `${userKey}/${contextId}#${made++}`, contextId, userKey, priority, isHeldToShare };
}

function newQueue(longestRun = 4) {
  return new CommandQueue<TestCommand>({ agingHorizonMs, longestRun });
}

function drain(queue: CommandQueue<TestCommand>, nowMs = 0): TestCommand[] {
  const order: TestCommand[] = [];
  for (let next = queue.next(nowMs); next !== undefined; next = queue.next(nowMs)) order.push(next);
  return order;
}

describe('the command queue', () => {
  it('reports how many commands of each user wait in each band, and which have aged', () => {
    const queue = newQueue();
    queue.push(command('a', 1, LOW), 0);
    for (const contextId of [2, 3]) queue.push(command('a', contextId, NORMAL), 500);
    queue.push(command('b', 4, HIGH), 500);
    assert.deepEqual(queue.waitingByUser(), [
      { userKey: 'a', byBand: [1, 2, 0, 0, 0, 0] },
      { userKey: 'b', byBand: [0, 0, 1, 0, 0, 0] },
    ]);
    queue.next(agingHorizonMs + 1);
    assert.deepEqual(queue.waitingByUser(), [
      { userKey: 'a', byBand: [0, 2, 0, 0, 0, 0] },
      { userKey: 'b', byBand: [0, 0, 1, 0, 0, 0] },
    ]);
    queue.next(2 * agingHorizonMs);
    assert.deepEqual(
      queue.waitingByUser().map(({ userKey, byBand }) => [userKey, ...byBand]),
      [['a', 0, 0, 0, 0, 0, 2]],
    );
  });

  it('dispatches the higher priority first', () => {
    const queue = newQueue();
    const low = command('a', 1, LOW);
    const max = command('b', 2, MAX);
    const high = command('c', 3, HIGH);
    for (const each of [low, max, high]) queue.push(each, 0);
    assert.deepEqual(drain(queue), [max, high, low]);
  });

  it('lets a queued LOW command pass MAX once the aging horizon is over, and not before', () => {
    const queue = newQueue();
    const low = command('a', 1, LOW);
    queue.push(low, 0);
    queue.push(command('b', 2, MAX), 500);
    queue.push(command('b', 2, MAX), 500);
    assert.equal(queue.next(agingHorizonMs - 1)?.userKey, 'b');
    assert.equal(queue.next(agingHorizonMs), low);
  });

  it('raises a context to the highest priority of its queued commands without reordering them', () => {
    const queue = newQueue();
    const first = command('a', 1, LOW);
    const second = command('a', 1, HIGH);
    const other = command('b', 2, NORMAL);
    for (const each of [first, second, other]) queue.push(each, 0);
    assert.deepEqual(drain(queue), [first, second, other]);
  });

  it('gives a user with 50 connections no more turns than a user with one', () => {
    const queue = newQueue();
    for (let contextId = 1; contextId <= 50; contextId++) {
      queue.push(command('flood', contextId), 0);
      queue.push(command('flood', contextId), 0);
    }
    for (let count = 0; count < 20; count++) queue.push(command('single', 99), 0);
    const firstForty = drain(queue).slice(0, 40);
    assert.equal(firstForty.filter((each) => each.userKey === 'single').length, 20);
  });

  it('lets a newcomer go after everybody who waits, also after the user who was served last', () => {
    const queue = newQueue();
    for (const userKey of ['alice', 'alice', 'bob']) queue.push(command(userKey, userKey.length), 0);
    assert.equal(queue.next(0)?.userKey, 'alice');
    queue.push(command('carol', 9), 0);
    assert.deepEqual(
      drain(queue).map(({ userKey }) => userKey),
      ['bob', 'alice', 'carol'],
    );
  });

  it('lets a caller that returns between turns keep its place among floods', () => {
    const queue = newQueue();
    for (let count = 0; count < 100; count++) queue.push(command('flood', 1), 0);
    queue.push(command('single', 2), 0);
    let served = 0;
    for (let turn = 0; turn < 60; turn++) {
      const next = queue.next(0) as TestCommand;
      // The single caller submits again while the next command is in flight.
      const waiting = queue.waitingOfUser('single');
      if (next.userKey === 'single') served++;
      else if (waiting === 0) queue.push(command('single', 2), 0);
    }
    assert.ok(served >= 29, `served ${served} of 60`);
  });

  it('keeps a context for a run while that saves a swap, but takes no other user’s turn', () => {
    const queue = newQueue(3);
    for (let count = 0; count < 4; count++) {
      queue.push(command('a', 1), 0);
      queue.push(command('a', 2), 0);
      queue.push(command('b', 3), 0);
    }
    const order: string[] = [];
    for (let next = queue.next(0, () => true); next !== undefined; next = queue.next(0, () => true)) {
      order.push(`${next.userKey}${next.contextId}`);
    }
    assert.deepEqual(order.slice(0, 8), ['a1', 'b3', 'a1', 'b3', 'a1', 'b3', 'a2', 'b3']);
  });

  it('forgets removed commands', () => {
    const queue = newQueue();
    const kept = command('a', 1);
    const removed = command('a', 1, HIGH);
    const other = command('b', 2, NORMAL);
    const [placeOfKept, placeOfRemoved, placeOfOther] = [kept, removed, other].map((each) => queue.push(each, 0));
    assert.ok(placeOfKept && placeOfRemoved && placeOfOther);
    assert.equal(queue.remove(placeOfRemoved), true);
    assert.equal(queue.remove(placeOfRemoved), false);
    assert.deepEqual(queue.removeContext('b', 2), [other]);
    assert.equal(queue.remove(placeOfOther), false);
    assert.deepEqual(drain(queue), [kept]);
    assert.equal(queue.remove(placeOfKept), false);
    assert.equal(queue.size, 0);
  });

  const action = fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('push' as const), context: fc.nat(8), band: fc.nat(4) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('next' as const), keep: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('removeContext' as const), context: fc.nat(8) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('removeOne' as const), pick: fc.nat(50) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(400) }) },
  );
  const priorities = [LOW, NORMAL, HIGH, 400, MAX];

  it('is work conserving, keeps the order within a context and never passes an aged command (property)', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
        const queue = newQueue();
        const waiting: { command: TestCommand; place: QueuePlace; at: number }[] = [];
        let nowMs = 0;
        for (const step of actions) {
          if (step.kind === 'wait') nowMs += step.ms;
          else if (step.kind === 'push') {
            const made = command(`u${step.context % 3}`, step.context + 1, priorities[step.band] as number);
            waiting.push({ command: made, place: queue.push(made, nowMs), at: nowMs });
          } else if (step.kind === 'removeContext') {
            const removed = queue.removeContext(`u${step.context % 3}`, step.context + 1);
            for (const gone of removed)
              waiting.splice(
                waiting.findIndex((each) => each.command === gone),
                1,
              );
            assert.ok(!waiting.some((each) => each.command.contextId === step.context + 1));
          } else if (step.kind === 'removeOne') {
            const chosen = waiting[step.pick % Math.max(1, waiting.length)];
            if (chosen === undefined) continue;
            assert.equal(queue.remove(chosen.place), true);
            waiting.splice(waiting.indexOf(chosen), 1);
          } else {
            const next = queue.next(nowMs, () => step.keep);
            assert.equal(next === undefined, waiting.length === 0);
            if (next === undefined) continue;
            const index = waiting.findIndex((each) => each.command === next);
            const ahead = waiting.slice(0, index).filter((each) => each.command.contextId === next.contextId);
            assert.deepEqual(ahead, [], 'order within the context');
            const agedContexts = new Set(
              waiting.filter((each) => nowMs - each.at >= agingHorizonMs).map((each) => each.command.contextId),
            );
            assert.ok(agedContexts.size === 0 || agedContexts.has(next.contextId), 'aged commands go first');
            waiting.splice(index, 1);
          }
          assert.equal(queue.size, waiting.length);
        }
        assert.equal(drain(queue, nowMs).length, waiting.length);
      }),
      { numRuns: 500 },
    );
  });

  it('dispatches an aged command within (place in its context × contexts of its user × users) dispatches (property)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        (users, contextsOfUser, placeInContext) => {
          const longestRun = 4;
          const queue = newQueue(longestRun);
          const pushed: TestCommand[] = [];
          for (let count = 0; count < placeInContext; count++) {
            const each = command('victim', 1, LOW);
            queue.push(each, 0);
            pushed.push(each);
          }
          const victim = pushed.at(-1) as TestCommand;
          const bound = placeInContext * (1 + (contextsOfUser - 1) * longestRun) * users;
          let nowMs = agingHorizonMs;
          let fresh = 100;
          for (let dispatched = 1; ; dispatched++) {
            // Everybody else keeps every line full, with MAX and with new contexts.
            for (let user = 1; user < users; user++) {
              queue.push(command(`u${user}`, 10 + user, MAX), nowMs);
              queue.push(command(`u${user}`, fresh++, MAX), nowMs);
            }
            for (let context = 2; context <= contextsOfUser; context++)
              queue.push(command('victim', context, MAX), nowMs);
            nowMs += 700;
            if (queue.next(nowMs, () => true) === victim) return;
            assert.ok(dispatched < bound, `not dispatched within ${bound}`);
          }
        },
      ),
    );
  });

  it('states the bound in docs/scheduling.md as the property above asserts it', () => {
    const page = readFileSync(new URL('../../../../docs/scheduling.md', import.meta.url), 'utf8');
    assert.match(page, /`L · \(1 \+ \(K - 1\) · R\) · U`-th command to be dispatched after it has aged/);
    assert.match(page, /- `R` = 4, the longest run/);
  });

  const load = fc.array(fc.record({ context: fc.nat(11), band: fc.nat(4), waitMs: fc.nat(300) }), {
    minLength: 1,
    maxLength: 120,
  });
  const userOf = (context: number): string => `u${context % 3}`;
  const fill = (queue: CommandQueue<TestCommand>, commands: readonly { context: number; band: number }[]): void => {
    for (const { context, band } of commands)
      queue.push(command(userOf(context), context + 1, priorities[band] as number), 0);
  };

  it('takes turns strictly while nothing is swapped: no context twice while another of its user waits (property)', () => {
    fc.assert(
      fc.property(load, (commands) => {
        const queue = newQueue();
        const alike = commands.map(({ context }) => ({ context, band: 1 }));
        fill(queue, alike);
        const waiting = new Map<number, number>();
        for (const { context } of alike) waiting.set(context + 1, (waiting.get(context + 1) ?? 0) + 1);
        const lastOfUser = new Map<string, number>();
        const asked: boolean[] = [];
        const savesSwap = (): boolean => {
          asked.push(true);
          return false;
        };
        for (let next = queue.next(0, savesSwap); next !== undefined; next = queue.next(0, savesSwap)) {
          const { contextId, userKey } = next;
          const othersWait = [...waiting].some(
            ([id, count]) => count > 0 && id !== contextId && userOf(id - 1) === userKey,
          );
          assert.ok(lastOfUser.get(userKey) !== contextId || !othersWait, 'served twice in a row');
          lastOfUser.set(userKey, contextId);
          waiting.set(contextId, (waiting.get(contextId) as number) - 1);
        }
      }),
    );
  });

  it('never runs a context again in preference to a higher effective priority, nor more often than the run allows (property)', () => {
    fc.assert(
      fc.property(load, fc.infiniteStream(fc.boolean()), (commands, answers) => {
        const longestRun = 3;
        const queue = newQueue(longestRun);
        const waiting: { command: TestCommand; at: number }[] = [];
        let nowMs = 0;
        for (const { context, band, waitMs } of commands) {
          const each = command(userOf(context), context + 1, priorities[band] as number);
          queue.push(each, nowMs);
          waiting.push({ command: each, at: nowMs });
          nowMs += waitMs;
        }
        const effective = ({ command: { priority }, at }: { command: TestCommand; at: number }): number =>
          nowMs - at >= agingHorizonMs ? Number.POSITIVE_INFINITY : priority;
        const bandOfContext = (contextId: number): number =>
          Math.max(...waiting.filter((each) => each.command.contextId === contextId).map(effective));
        const runs = new Map<string, { contextId: number; length: number }>();
        while (waiting.length > 0) {
          nowMs += 50;
          const before = [...waiting];
          const highest = Math.max(...before.map(effective));
          const next = queue.next(nowMs, () => answers.next().value as boolean) as TestCommand;
          assert.equal(bandOfContext(next.contextId), highest, 'passed over a higher effective priority');
          const others = before.some(
            ({ command: { userKey, contextId } }) =>
              userKey === next.userKey && contextId !== next.contextId && bandOfContext(contextId) === highest,
          );
          const run = runs.get(next.userKey);
          const length = run?.contextId === next.contextId ? run.length + 1 : 1;
          assert.ok(!others || length <= longestRun, `a run of ${length}`);
          runs.set(next.userKey, {
            contextId: next.contextId,
            length: others ? length : Math.min(length, longestRun - 1),
          });
          waiting.splice(
            waiting.findIndex((each) => each.command === next),
            1,
          );
        }
      }),
    );
  });

  it('swaps less than strict turns for a user whose contexts do not all fit', () => {
    const swapsOf = (takeTogether: boolean): number => {
      const queue = newQueue();
      const contexts = 6;
      for (let count = 0; count < 40 * contexts; count++) queue.push(command('a', (count % contexts) + 1), 0);
      const inTpm: number[] = [];
      const savesSwap = (kept: TestCommand, other: TestCommand): boolean =>
        takeTogether && inTpm.includes(kept.contextId) && !inTpm.includes(other.contextId);
      let swaps = 0;
      for (let next = queue.next(0, savesSwap); next !== undefined; next = queue.next(0, savesSwap)) {
        const at = inTpm.indexOf(next.contextId);
        if (at >= 0) inTpm.splice(at, 1);
        else if (inTpm.length === 3) {
          inTpm.shift();
          swaps++;
        }
        inTpm.push(next.contextId);
      }
      return swaps;
    };
    assert.equal(swapsOf(false), 237);
    assert.ok(swapsOf(true) <= 60, `${swapsOf(true)} swaps`);
  });

  /** Fewer runs in a mutation test, which repeats them for each mutant. */
  const simulated = process.env['MUTATION_FOLDER'] === undefined ? 1_000_000 : 20_000;

  it(`simulates ${simulated} commands of a mixed load without starving LOW`, function () {
    this.timeout(60_000);
    const queue = newQueue();
    const pushedAt = new Map<TestCommand, number>();
    let nowMs = 0;
    let longestLowWaitMs = 0;
    let seed = 42;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed % below;
    };
    const contexts = 64;
    for (let done = 0; done < simulated; done++) {
      while (queue.size < contexts) {
        const context = random(contexts);
        const each = command(
          `u${context % 8}`,
          context + 1,
          context === 0 ? LOW : (priorities[1 + random(4)] as number),
        );
        queue.push(each, nowMs);
        if (context === 0) pushedAt.set(each, nowMs);
      }
      nowMs += 1 + random(3);
      const next = queue.next(nowMs) as TestCommand;
      const at = pushedAt.get(next);
      if (at === undefined) continue;
      pushedAt.delete(next);
      longestLowWaitMs = Math.max(longestLowWaitMs, nowMs - at);
    }
    assert.ok(longestLowWaitMs > 0);
    assert.ok(longestLowWaitMs <= agingHorizonMs + contexts * contexts * 3, `waited ${longestLowWaitMs} ms`);
  });
});
