import assert from 'node:assert/strict';
import type { Report } from '../../ts-core/actions/action-records.js';
import { RUN_LIMIT_MS, STOP_LIMIT_MS, Supervisor, type WorkerEvents } from '../../ts-core/actions/supervisor.js';
import type { RunMessage } from '../../ts-core/actions/worker-messages.js';
import type { ScriptRead } from '../../ts-core/application/ports/action-scripts.js';
import { FakeClock } from '../support/fake-clock.js';

const LIMIT_MS = RUN_LIMIT_MS + STOP_LIMIT_MS;
const SUCCEEDED = { type: 'ended', result: 'succeeded', output: '', error: null } as const;
const FAILED = { ...SUCCEEDED, result: 'failed', error: 'boom' } as const;

function action(name: string, kinds: readonly ('lockoutBegan' | 'commandRefused')[], registeredAt = '1') {
  return { name, kinds, path: `/etc/${name}.ps1`, state: 'enabled' as const, registeredAt };
}

/** A supervisor whose worker the test controls. */
class Rig {
  readonly clock = new FakeClock();
  readonly runs: RunMessage[] = [];
  readonly reports: Report[] = [];
  workers: WorkerEvents[] = [];
  killed = 0;
  script: ScriptRead = { ok: true, bytes: Buffer.from('script'), sha256: 'ab' };
  isBrokerAway = false;
  readonly supervisor = new Supervisor({
    clock: this.clock,
    startWorker: (events) => {
      this.workers.push(events);
      return {
        run: (message) => void this.runs.push(message),
        kill: () => {
          this.killed++;
          this.worker.exited('SIGKILL');
        },
      };
    },
    readScript: () => this.script,
    reporter: async (report) => {
      if (this.isBrokerAway) throw new Error('away');
      this.reports.push(report);
    },
    log: () => undefined,
  });

  get worker(): WorkerEvents {
    return this.workers.at(-1) as WorkerEvents;
  }

  refused(message: string, userKey?: string): void {
    this.supervisor.eventRaised({ kind: 'commandRefused', message, userKey, details: {} });
  }

  lockedOut(userKey: string): void {
    this.supervisor.eventRaised({ kind: 'lockoutBegan', message: `${userKey} is locked out`, userKey, details: {} });
  }

  /** The messages of the events that were run, with their counts. */
  get started(): readonly string[] {
    return this.runs.map(({ event }) => {
      const { message, count } = JSON.parse(event) as { message: string; count: number };
      return count === 1 ? message : `${message} ×${count}`;
    });
  }

  async lastReport(): Promise<Report | undefined> {
    this.clock.advance(1000);
    // The report in progress ends.
    await new Promise((resolve) => setImmediate(resolve));
    return this.reports.at(-1);
  }
}

describe('the supervisor of event actions', () => {
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
  });

  function withActions(...names: readonly string[]): void {
    rig.supervisor.setActions(names.map((name) => action(name, ['commandRefused'])));
    rig.worker.ready();
  }

  it('starts no worker while nothing is registered, and keeps one warm from then on', () => {
    rig.supervisor.setActions([]);
    rig.refused('a');
    assert.equal(rig.workers.length, 0);
    withActions('log');
    assert.equal(rig.workers.length, 1);
  });

  it('runs one action at a time, with the bytes that were hashed and the event as JSON', () => {
    withActions('log');
    rig.refused('a', 'uid:1');
    rig.refused('b', 'uid:1');
    assert.equal(rig.runs.length, 1);
    const run = rig.runs[0] as RunMessage;
    assert.equal(Buffer.from(run.script, 'base64').toString(), 'script');
    assert.deepEqual(JSON.parse(run.event), {
      ...{ kind: 'commandRefused', message: 'a', userKey: 'uid:1', details: {}, count: 1 },
    });
    assert.equal(run.limitMs, RUN_LIMIT_MS);
    rig.worker.ended(SUCCEEDED);
    assert.deepEqual(rig.started, ['a', 'b']);
  });

  it('combines equal events that wait into one run', () => {
    withActions('log');
    for (let index = 0; index < 5; index++) rig.refused('same', 'uid:1');
    rig.worker.ended(SUCCEEDED);
    assert.deepEqual(rig.started, ['same', 'same ×4']);
  });

  it('ignores what its own user causes, and changes of actions', () => {
    rig.supervisor.ownUserKey = 'uid:990';
    withActions('log');
    rig.refused('own', 'uid:990');
    rig.supervisor.eventRaised({ kind: 'commandRefused', message: 'x', details: { eventAction: 'log' } });
    assert.deepEqual(rig.started, []);
  });

  it('runs lockoutBegan of another user next, however much one user floods', () => {
    rig.supervisor.setActions([action('log', ['commandRefused']), action('notify', ['lockoutBegan'])]);
    rig.worker.ready();
    for (let index = 0; index < 10_000; index++) rig.refused(`${index}`, 'uid:1');
    rig.lockedOut('uid:2');
    rig.worker.ended(SUCCEEDED);
    rig.worker.ended(SUCCEEDED);
    assert.ok(rig.started.slice(0, 3).includes('uid:2 is locked out'), rig.started.join());
  });

  it('runs lockoutBegan of the user who floods the same action with refusals', () => {
    rig.supervisor.setActions([action('notify', ['lockoutBegan', 'commandRefused'])]);
    rig.worker.ready();
    for (let index = 0; index < 100; index++) rig.refused(`${index}`, 'uid:1');
    rig.lockedOut('uid:1');
    rig.worker.ended(SUCCEEDED);
    rig.worker.ended(SUCCEEDED);
    assert.ok(rig.started.includes('uid:1 is locked out'), rig.started.join());
  });

  it('counts drops and reports them, once', async () => {
    withActions('log');
    for (let index = 0; index < 100; index++) rig.refused(`${index}`, 'uid:1');
    const report = await rig.lastReport();
    assert.deepEqual(report?.drops, [{ name: 'log', reason: 'userLimit', count: 96 }]);
    assert.equal(report?.actions[0]?.dropped, 96);
    rig.worker.ended(SUCCEEDED);
    assert.deepEqual((await rig.lastReport())?.drops, []);
  });

  it('stores what it could not report until the broker is back', async () => {
    withActions('log');
    rig.isBrokerAway = true;
    rig.supervisor.eventsLost(2);
    for (let index = 0; index < 100; index++) rig.refused(`${index}`, 'uid:1');
    await rig.lastReport();
    rig.refused('more', 'uid:1');
    rig.supervisor.eventsLost(3);
    await rig.lastReport();
    rig.isBrokerAway = false;
    await rig.supervisor.report();
    assert.deepEqual(rig.reports.at(-1)?.drops, [{ name: 'log', reason: 'userLimit', count: 97 }]);
    assert.equal(rig.reports.at(-1)?.lost, 5);
  });

  it('ends the worker if a script runs 2 s longer than its 30 s, and starts another', async () => {
    withActions('log');
    rig.refused('hangs');
    rig.clock.advance(LIMIT_MS - 1);
    assert.equal(rig.killed, 0);
    rig.clock.advance(1);
    assert.equal(rig.killed, 1);
    assert.equal((await rig.lastReport())?.actions[0]?.lastResult, 'timedOut');
    assert.equal(rig.workers.length, 2);
  });

  it('backs off while the worker keeps ending, until a run succeeds', () => {
    withActions('log');
    const delays: number[] = [];
    for (let round = 0; round < 4; round++) {
      rig.worker.exited('SIGSEGV');
      const before = rig.clock.elapsedMs;
      const workers = rig.workers.length;
      while (rig.workers.length === workers) rig.clock.advance(500);
      delays.push(rig.clock.elapsedMs - before);
      rig.worker.ready();
    }
    assert.deepEqual(delays, [1000, 2000, 4000, 8000]);
    rig.refused('works');
    rig.worker.ended(SUCCEEDED);
    rig.worker.exited('SIGSEGV');
    rig.clock.advance(1000);
    assert.equal(rig.workers.length, 6);
  });

  it('ends a worker that does not become ready', () => {
    rig.supervisor.setActions([action('log', ['commandRefused'])]);
    rig.clock.advance(60_000);
    assert.equal(rig.killed, 1);
    rig.clock.advance(1000);
    assert.equal(rig.workers.length, 2);
  });

  it('disables an action at the fifth failure in a row, drops its waiting runs, and reports why', async () => {
    withActions('log', 'other');
    for (let index = 0; index < 4; index++) {
      rig.clock.advance(60_000);
      rig.refused(`${index}`);
      rig.worker.ended(FAILED);
      rig.worker.ended(SUCCEEDED);
    }
    rig.refused('last');
    rig.refused('waits');
    rig.worker.ended(FAILED);
    await rig.lastReport();
    const report = rig.reports.find(({ disabled }) => disabled.length > 0);
    assert.deepEqual(report?.disabled, [{ name: 'log', reason: 'It failed 5 times in a row, at last: boom' }]);
    const later = await rig.lastReport();
    assert.equal(later?.actions.find(({ name }) => name === 'log')?.failuresInARow, 5);
    const before = rig.runs.length;
    rig.worker.ended(SUCCEEDED);
    rig.worker.ended(SUCCEEDED);
    rig.refused('no more');
    assert.ok(rig.runs.slice(before).every(({ path }) => path === '/etc/other.ps1'));
  });

  it('counts a script that is refused as a failure, without running it, and goes on', async () => {
    withActions('log');
    rig.script = { ok: false, reason: 'belongs to user 1000' };
    for (let index = 0; index < 5; index++) rig.refused(`${index}`);
    assert.equal(rig.runs.length, 0);
    await rig.lastReport();
    const disabled = rig.reports.flatMap((report) => report.disabled);
    assert.match(disabled[0]?.reason ?? '', /belongs to user 1000/);
  });

  it('starts counting anew for an action that was registered again', () => {
    withActions('log');
    for (let index = 0; index < 5; index++) {
      rig.refused(`${index}`);
      rig.worker.ended(FAILED);
    }
    rig.supervisor.setActions([action('log', ['commandRefused'], '2')]);
    rig.refused('again');
    assert.equal(rig.started.at(-1), 'again');
  });

  it('runs a test before what waits, even of a disabled action, and does not count it', async () => {
    rig.supervisor.setActions([{ ...action('log', ['commandRefused']), state: 'disabled' }]);
    rig.worker.ready();
    rig.refused('not this');
    rig.supervisor.testRequested(7, 'log');
    rig.supervisor.testRequested(8, 'unknown');
    rig.clock.advance(20);
    rig.worker.ended({ ...SUCCEEDED, output: 'hello' });
    assert.deepEqual(rig.started, ['This is a test of the event action log.']);
    await rig.lastReport();
    const tests = rig.reports.flatMap((report) => report.tests);
    const run = { name: 'log', result: 'succeeded', durationMs: 20, sha256: 'ab', output: 'hello', error: null };
    assert.deepEqual(tests, [{ test: 7, run }]);
    assert.equal((await rig.lastReport())?.actions[0]?.runs, 0);
  });

  it('gives a worker that was too slow to start twice the time, so that a slow machine runs scripts too', () => {
    rig.supervisor.setActions([action('log', ['commandRefused'])]);
    rig.refused('early');
    rig.clock.advance(60_000);
    assert.equal(rig.killed, 1);
    rig.clock.advance(1000);
    assert.equal(rig.workers.length, 2);
    rig.clock.advance(119_000);
    rig.worker.ready();
    assert.deepEqual([rig.killed, rig.started], [1, ['early']]);
  });

  it('ends its worker when it is stopped, and starts none', () => {
    withActions('log');
    rig.supervisor.stop();
    rig.refused('late');
    rig.clock.advance(120_000);
    assert.deepEqual([rig.killed, rig.workers.length, rig.clock.pendingTimers()], [1, 1, 0]);
  });
});
