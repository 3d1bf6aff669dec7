/** Tests the power monitor with a fake logind on a private bus, and closes it at many moments after its start. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogindPowerMonitor } from '../../../ts-core/adapters/power/logind.js';
import { FakeLogind, PrivateBus } from '../../support/fake-logind.js';
import { quietLog } from '../../support/quiet-log.js';

/** The most turns of the event loop before the monitor is closed: more than it needs to take its delay lock. */
const MOST_TURNS = 400;

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Returns the command lines of the running child processes. */
function children(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((id) => {
      try {
        const parent = /^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${id}/stat`, 'latin1'))?.[1];
        return Number(parent) === process.pid ? [readFileSync(`/proc/${id}/cmdline`, 'latin1')] : [];
      } catch {
        return [];
      }
    });
}

describe('following logind', function () {
  this.timeout(60_000);
  let bus: PrivateBus;
  let logind: FakeLogind;

  before(async () => {
    bus = await PrivateBus.start();
    logind = await FakeLogind.start(bus);
  });
  after(async () => {
    await logind?.[Symbol.asyncDispose]();
    await bus?.[Symbol.asyncDispose]();
  });

  const inhibitors = () => children().filter((command) => command.startsWith('systemd-inhibit'));

  it('takes a delay lock, and holds none after it was closed, whenever that happens', async () => {
    let taken = 0;
    for (let turns = 0; turns < MOST_TURNS; turns += 8) {
      const log = quietLog();
      const monitor = new LogindPowerMonitor({ address: bus.address, log });
      monitor.start({ prepareForSleep: () => Promise.resolve(), awake: () => Promise.resolve() });
      for (let passed = 0; passed < turns; passed++) await turn();
      taken += inhibitors().length;
      await monitor.close();
      const before = log.lines.length;
      // Late replies of the bus arrive within these turns; a released child ends a little later.
      for (let rounds = 0; rounds === 0 || inhibitors().length > 0; rounds++) {
        assert.ok(rounds < 200, `closed after ${turns} turns, a child goes on: ${inhibitors()}`);
        for (let passed = 0; passed < MOST_TURNS; passed++) await turn();
      }
      assert.deepEqual(log.lines.slice(before), [], 'nothing is logged after the close');
    }
    assert.ok(taken > 0, 'it has taken the lock at least once');
  });

  /** Starts a monitor that follows the fake logind; the test decides when its preparation for a suspend ends. */
  async function follow(longestLockWaitMs?: number) {
    logind.forget();
    const calls: string[] = [];
    let prepared: () => void = () => {};
    const monitor = new LogindPowerMonitor({
      ...{ address: bus.address, log: quietLog() },
      ...(longestLockWaitMs !== undefined && { longestLockWaitMs }),
    });
    monitor.start({
      prepareForSleep: () => {
        calls.push('begins');
        return new Promise((resolve) => {
          prepared = () => {
            calls.push('prepared');
            resolve();
          };
        });
      },
      awake: async () => void calls.push('awake'),
    });
    await logind.line(/^lock /);
    return {
      calls,
      prepared: () => prepared(),
      until: async (last: string) => {
        while (calls.at(-1) !== last) await turn();
      },
      [Symbol.asyncDispose]: () => monitor.close(),
    };
  }

  it('ends a suspend that takes too long before it resumes, and holds a lock again then', async () => {
    await using broker = await follow();
    void logind.sleep();
    await broker.until('begins');
    await logind.wake();
    for (let passed = 0; passed < MOST_TURNS; passed++) await turn();
    assert.deepEqual(broker.calls, ['begins'], 'the suspend has not ended');
    broker.prepared();
    await broker.until('awake');
    assert.deepEqual(broker.calls, ['begins', 'prepared', 'awake']);
    await logind.line(/^lock /);
  });

  it('resumes though systemd-inhibit hangs', async () => {
    const path = process.env['PATH'];
    const folder = mkdtempSync(join(tmpdir(), 'inhibit-'));
    try {
      await using broker = await follow(1);
      void logind.sleep();
      await broker.until('begins');
      writeFileSync(join(folder, 'systemd-inhibit'), '#!/bin/sh\nexec cat > /dev/null\n', { mode: 0o755 });
      process.env['PATH'] = `${folder}:${path}`;
      broker.prepared();
      await logind.wake();
      await broker.until('awake');
    } finally {
      process.env['PATH'] = path;
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('resumes when logind goes away during a sleep, and when the bus does', async () => {
    for (const goesAway of [() => logind[Symbol.asyncDispose](), () => bus.kill()]) {
      await using broker = await follow();
      void logind.sleep().catch(() => undefined);
      await broker.until('begins');
      broker.prepared();
      await goesAway();
      await broker.until('awake');
      await logind[Symbol.asyncDispose]();
      await bus.kill();
      await bus.run();
      logind = await FakeLogind.start(bus);
    }
  });
});
