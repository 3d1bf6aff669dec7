/** Tests that fairness between users takes precedence over the priorities of standard users' commands. */
import assert from 'node:assert/strict';
import { CommandQueue } from '../../../ts-core/domain/scheduling/command-queue.js';
import { TBS_COMMAND_PRIORITY } from '../../../ts-core/domain/scheduling/priority.js';
import { SHARE_MEMORY_MS } from '../../../ts-core/domain/scheduling/tpm-share.js';

const { LOW, NORMAL, HIGH, MAX } = TBS_COMMAND_PRIORITY;
const AGING_HORIZON_MS = 1000;

interface TestCommand {
  readonly userKey: string;
  readonly contextId: number;
  readonly priority: number;
  readonly isHeldToShare: boolean;
}

/** A TPM that executes the queue, one command at a time. */
class TestTpm {
  readonly queue = new CommandQueue<TestCommand>({ agingHorizonMs: AGING_HORIZON_MS, longestRun: 4 });
  nowMs = 0;

  submits(userKey: string, priority: number, contextId = 1): TestCommand {
    const command = { userKey, contextId, priority, isHeldToShare: userKey !== 'root' };
    this.queue.push(command, this.nowMs);
    return command;
  }

  /** Executes the next command. */
  works(durationMs = 1): TestCommand | undefined {
    const command = this.queue.next(this.nowMs);
    this.nowMs += durationMs;
    if (command !== undefined) this.queue.charge(command.userKey, durationMs, this.nowMs);
    return command;
  }

  /** Returns how long the TPM works for others before this command. */
  msUntil(command: TestCommand, durationMs = 1): number {
    const since = this.nowMs;
    while (this.works(durationMs) !== command) assert.ok(this.nowMs - since < 100_000, 'starved');
    return this.nowMs - durationMs - since;
  }
}

function flooded(contexts: number, each: number, priority: number): TestTpm {
  const tpm = new TestTpm();
  for (let contextId = 1; contextId <= contexts; contextId++) {
    for (let count = 0; count < each; count++) tpm.submits('alice', priority, contextId);
  }
  return tpm;
}

describe('a fair share of the TPM', () => {
  it('lets a user’s HIGH commands pass others’ NORMAL ones while the user has had less than it', () => {
    const tpm = flooded(10, 20, NORMAL);
    for (let count = 0; count < 50; count++) tpm.works();
    const [first, second] = [tpm.submits('bob', HIGH), tpm.submits('bob', HIGH)];
    assert.equal(tpm.works(), first);
    assert.equal(tpm.works(), second);
  });

  it('is all that a standard user gains by priority: a flood of HIGH in 1,000 contexts delays nobody’s NORMAL commands beyond it', () => {
    const tpm = flooded(1000, 2, HIGH);
    for (let count = 0; count < 200; count++) tpm.works();
    for (const user of ['bob', 'root', 'bob', 'root']) {
      assert.ok(tpm.msUntil(tpm.submits(user, NORMAL)) <= 1, 'every second command at least');
    }
  });

  it('limits what a user who has recently had nothing can run before others by priority', () => {
    const tpm = new TestTpm();
    const bobs = tpm.submits('bob', NORMAL);
    for (let contextId = 1; contextId <= 1000; contextId++) tpm.submits('alice', HIGH, contextId);
    const waitedMs = tpm.msUntil(bobs);
    assert.ok(waitedMs > 1 && waitedMs <= 0.7 * SHARE_MEMORY_MS + 1, `${waitedMs} ms`);
  });

  it('includes the pauses between two commands, in which the TPM waits for a busy broker', () => {
    for (const pauseMs of [0, 1, 3, 9]) {
      const tpm = flooded(1000, 2, HIGH);
      for (let count = 0; count < 100; count++) {
        tpm.works();
        tpm.nowMs += pauseMs;
      }
      for (const user of ['bob', 'root']) {
        const command = tpm.submits(user, NORMAL);
        let others = 0;
        for (let served = tpm.works(); served !== command; served = tpm.works(), others++) tpm.nowMs += pauseMs;
        assert.ok(others <= 1, `${others} commands before it, with ${pauseMs} ms between two`);
      }
    }
  });

  it('does not include the time in which nothing waits, nor that of the broker’s own work', () => {
    const tpm = new TestTpm();
    for (let count = 0; count < 5; count++) {
      tpm.submits('alice', HIGH);
      tpm.works();
      tpm.nowMs += 9;
    }
    tpm.submits('bob', NORMAL);
    const alices = Array.from({ length: 3 }, () => tpm.submits('alice', HIGH));
    assert.deepEqual([tpm.works(), tpm.works()], alices.slice(0, 2));
    tpm.queue.charge(undefined, 0, tpm.nowMs);
    tpm.nowMs += 60;
    assert.equal(tpm.works(), alices[2]);
  });

  it('does not include a pause in which everything that waited was cancelled', () => {
    const tpm = new TestTpm();
    const first = tpm.submits('alice', HIGH);
    tpm.submits('bob', LOW, 7);
    assert.equal(tpm.works(), first);
    tpm.queue.removeContext('bob', 7);
    tpm.nowMs += 200;
    tpm.submits('bob', NORMAL);
    const second = tpm.submits('alice', HIGH);
    assert.equal(tpm.works(), second);
  });

  it('still orders a user’s own contexts by priority', () => {
    const tpm = flooded(1, 100, NORMAL);
    for (let count = 0; count < 100; count++) tpm.submits('alice', HIGH, 2);
    for (let count = 0; count < 100; count++) tpm.submits('bob', NORMAL);
    const alices = Array.from({ length: 200 }, () => tpm.works()).filter((command) => command?.userKey === 'alice');
    assert.ok(alices.length > 90);
    assert.deepEqual(new Set(alices.slice(0, 100).map((command) => command?.priority)), new Set([HIGH]));
  });

  it('does not apply to administrators', () => {
    const tpm = flooded(10, 10, HIGH);
    for (let count = 0; count < 60; count++) tpm.submits('root', MAX, 99);
    for (let count = 0; count < 60; count++) assert.equal(tpm.works()?.userKey, 'root');
  });

  it('applies to aged commands: a backlog of one user delays nobody else', () => {
    const tpm = flooded(32, 64, HIGH);
    while (tpm.nowMs < AGING_HORIZON_MS + 100) tpm.works();
    assert.ok(tpm.queue.size > 900, 'all that waits has aged');
    assert.ok(tpm.msUntil(tpm.submits('bob', NORMAL)) <= 1);
    assert.ok(tpm.msUntil(tpm.submits('root', LOW)) <= AGING_HORIZON_MS + 100);
  });

  it('keeps every wait bounded: an aged command passes a flood of MAX once its user is within the share', () => {
    const tpm = new TestTpm();
    for (let count = 0; count < 200; count++) tpm.submits('alice', NORMAL, count);
    for (let count = 0; count < 200; count++) tpm.works();
    const low = tpm.submits('alice', LOW, 1);
    const since = tpm.nowMs;
    for (let served: TestCommand | undefined; served !== low; ) {
      tpm.submits('root', MAX, 7);
      served = tpm.works();
    }
    assert.ok(tpm.nowMs - since <= AGING_HORIZON_MS + 2, `${tpm.nowMs - since} ms`);
  });

  it('is available again after a pause', () => {
    const tpm = flooded(10, 30, HIGH);
    for (let count = 0; count < 200; count++) tpm.works();
    for (let count = 0; count < 400; count++) tpm.submits('bob', NORMAL, count);
    tpm.queue.removeContext('alice', 1);
    for (let contextId = 2; contextId <= 10; contextId++) tpm.queue.removeContext('alice', contextId);
    for (let count = 0; count < 2 * SHARE_MEMORY_MS; count++) tpm.works();
    const alices = tpm.submits('alice', HIGH);
    assert.equal(tpm.works(), alices);
  });
});
