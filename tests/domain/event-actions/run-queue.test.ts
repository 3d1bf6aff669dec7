import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  LINE_BUCKET,
  MAX_WAITING_RUNS,
  type QueueableEvent,
  RunQueue,
  USER_BUCKET,
} from '../../../ts-core/domain/event-actions/run-queue.js';

const event = (message: string, userKey?: string): QueueableEvent => ({
  kind: 'commandRefused',
  userKey,
  message,
  details: {},
});

/** Returns the verdicts for `count` different events of one user. */
function flood(queue: RunQueue<QueueableEvent>, action: string, count: number, userKey?: string, nowMs = 0): string[] {
  return Array.from({ length: count }, (_, index) => {
    const result = queue.offer(action, event(`${index}`, userKey), nowMs);
    return result.verdict === 'dropped' ? result.reason : result.verdict;
  });
}

function drained(queue: RunQueue<QueueableEvent>): readonly string[] {
  const order: string[] = [];
  for (let run = queue.next(); run !== undefined; run = queue.next()) {
    order.push(`${run.action} ${run.event.message} ×${run.count}`);
  }
  return order;
}

describe('the queue of event actions', () => {
  it('combines equal events that wait into one run with a count, at no cost to their user', () => {
    const queue = new RunQueue();
    const verdicts = Array.from({ length: 1000 }, () => queue.offer('log', event('same', 'uid:1'), 0).verdict);
    assert.deepEqual(new Set(verdicts.slice(1)), new Set(['coalesced']));
    queue.offer('log', event('other', 'uid:1'), 0);
    queue.offer('log', event('same', 'uid:2'), 0);
    assert.deepEqual(drained(queue), ['log same ×1000', 'log other ×1', 'log same ×1']);
    assert.equal(queue.offer('log', event('same', 'uid:1'), 0).verdict, 'queued');
  });

  it('admits no more from a flooding user than the user’s bucket holds, and still admits another user’s event', () => {
    const queue = new RunQueue();
    const verdicts = flood(queue, 'log', 100, 'uid:1');
    assert.equal(verdicts.filter((each) => each === 'queued').length, USER_BUCKET.burst);
    assert.equal(verdicts.filter((each) => each === 'userLimit').length, 100 - USER_BUCKET.burst);
    assert.equal(queue.offer('log', event('mine', 'uid:2'), 0).verdict, 'queued');
  });

  it('admits a user’s event for one action after the same user has exhausted another', () => {
    const queue = new RunQueue();
    flood(queue, 'log', 100, 'uid:1');
    assert.equal(queue.offer('lockout', event('began', 'uid:1'), 0).verdict, 'queued');
  });

  it('admits the event that a user is locked out after the same user has exhausted the refusals of the same action', () => {
    const queue = new RunQueue();
    flood(queue, 'notify', 100, 'uid:1');
    for (let user = 2; user < 200; user++) flood(queue, 'notify', 1, `uid:${user}`);
    const began = { ...event('began', 'uid:1'), kind: 'lockoutBegan' };
    assert.equal(queue.offer('notify', began, 0).verdict, 'queued');
    queue.next();
    assert.equal(queue.next()?.event.kind, 'lockoutBegan', 'the kinds take turns');
    assert.equal(queue.waitingOf('notify'), LINE_BUCKET.burst - 1);
  });

  it('drops a newcomer if every line has only one run, and continues', () => {
    const queue = new RunQueue();
    const dropped = Array.from({ length: 70 }, (_, index) => flood(queue, `${index}`, 1)[0]).filter(
      (each) => each === 'queueFull',
    );
    assert.equal(dropped.length, 70 - MAX_WAITING_RUNS);
    assert.equal(drained(queue).length, MAX_WAITING_RUNS);
  });

  it('admits no more for one action than its bucket holds, however many users there are', () => {
    const queue = new RunQueue();
    const verdicts = Array.from({ length: 200 }, (_, user) => flood(queue, 'log', 1, `uid:${user}`)[0]);
    assert.equal(verdicts.filter((each) => each === 'queued').length, LINE_BUCKET.burst);
    assert.ok(verdicts.slice(LINE_BUCKET.burst).every((each) => each === 'actionLimit'));
  });

  it('drops a run of the action with the most when it is full, never the newcomer of an action with few', () => {
    const queue = new RunQueue();
    let minute = 0;
    // Refilled buckets let one action fill the queue.
    while (queue.size < MAX_WAITING_RUNS) queue.offer('log', event(`${minute}`), 60_000 * minute++);
    const verdict = queue.offer('lockout', event('began', 'uid:1'), 60_000 * minute);
    assert.deepEqual(verdict, { verdict: 'dropped', action: 'log', count: 1, reason: 'queueFull' });
    assert.deepEqual([queue.size, queue.waitingOf('lockout')], [MAX_WAITING_RUNS, 1]);
  });

  it('lets the actions take turns, each with its oldest run', () => {
    const queue = new RunQueue();
    flood(queue, 'a', 3);
    flood(queue, 'b', 2);
    flood(queue, 'c', 1);
    assert.deepEqual(drained(queue), ['a 0 ×1', 'b 0 ×1', 'c 0 ×1', 'a 1 ×1', 'b 1 ×1', 'a 2 ×1']);
  });

  it('forgets the runs of an action that is gone', () => {
    const queue = new RunQueue();
    flood(queue, 'a', 3);
    flood(queue, 'b', 1);
    assert.deepEqual([queue.forget('a'), queue.forget('a'), queue.size], [3, 0, 1]);
    assert.deepEqual(drained(queue), ['b 0 ×1']);
  });

  it('accounts for every event: each runs, waits, or is reported as dropped', () => {
    const offers = fc.array(
      fc.record({
        action: fc.nat(80),
        kind: fc.constantFrom('a', 'b'),
        user: fc.nat(5),
        text: fc.nat(30),
        pauseMs: fc.nat(20_000),
      }),
      {
        maxLength: 300,
      },
    );
    fc.assert(
      fc.property(offers, (all) => {
        const queue = new RunQueue();
        let [now, dropped, ran] = [0, 0, 0];
        for (const { action, kind, user, text, pauseMs } of all) {
          now += pauseMs;
          const result = queue.offer(`${action}`, { ...event(`${text}`, `uid:${user}`), kind }, now);
          if (result.verdict === 'dropped') dropped += result.count;
          assert.ok(queue.size <= MAX_WAITING_RUNS);
          if (text % 5 === 0) ran += queue.next()?.count ?? 0;
        }
        for (let run = queue.next(); run !== undefined; run = queue.next()) ran += run.count;
        assert.equal(ran + dropped, all.length);
        assert.equal(queue.size, 0);
      }),
    );
  });
});
