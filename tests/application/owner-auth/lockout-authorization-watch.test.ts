import assert from 'node:assert/strict';
import type { BrokerContext } from '../../../ts-core/application/owner-auth/broker-context.js';
import {
  LOCKOUT_AUTHORIZATION_RECORD,
  LockoutAuthorizationWatch,
} from '../../../ts-core/application/owner-auth/lockout-authorization-watch.js';
import { errorResponse } from '../../../ts-core/domain/tpm/command-header.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { TPM_RC, TPM_RH } from '../../../ts-core/domain/tpm20/codes.js';
import { aboutSession } from '../../../ts-core/domain/tpm20/responses.js';
import type { RunTime } from '../../../ts-core/domain/tpm20/run-time.js';
import { FakeClock } from '../../support/fake-clock.js';
import { MemoryStore } from '../../support/memory-store.js';
import { quietLog } from '../../support/quiet-log.js';
import { recordedEvents } from '../../support/recorded-events.js';
import { clear, createPrimary, getRandom } from '../../support/tpm20-commands.js';

const DAY_SECONDS = 86_400;
const ACCEPTED = errorResponse('2.0', 0);
const WRONG = errorResponse('2.0', aboutSession(TPM_RC.AUTH_FAIL, 0));
const LOCKED = errorResponse('2.0', TPM_RC.LOCKOUT);

function setUp(version: TpmVersion = '2.0', store = new MemoryStore()) {
  const clock = new FakeClock();
  const { events, told } = recordedEvents(clock);
  const log = quietLog();
  const tpm = { time: { timeMs: 1000, resetCount: 7, restartCount: 0 } as RunTime | undefined, questions: 0 };
  const context = {
    run: async () => {
      tpm.questions++;
      return tpm.time;
    },
  } as unknown as BrokerContext;
  const handlesOf = () => [TPM_RH.LOCKOUT];
  const watch = new LockoutAuthorizationWatch({ version, context, handlesOf, store, events, clock, log });
  const sees = async (response: Uint8Array, command = clear()) => {
    watch.answered(command, response);
    await watch.settled();
  };
  const laterMs = (ms: number) => {
    tpm.time = { ...(tpm.time as RunTime), timeMs: (tpm.time as RunTime).timeMs + ms };
  };
  return { watch, sees, laterMs, tpm, store, told, log, clock };
}

const NOT_BLOCKED = { blocked: false, untilMs: null };

describe('the lockout authorization of a TPM 2.0', () => {
  it('is not blocked, without a query to the TPM, as long as no value was wrong', async () => {
    const { watch, sees, tpm, store } = setUp();
    await sees(ACCEPTED);
    assert.deepEqual(await watch.block(DAY_SECONDS), NOT_BLOCKED);
    assert.deepEqual([tpm.questions, store.kept.size], [0, 0]);
  });

  it('is blocked for the recovery time after a wrong value, which is reported once', async () => {
    const { watch, sees, laterMs, told, clock } = setUp();
    await sees(WRONG);
    laterMs(5000);
    assert.deepEqual(await watch.block(60), { blocked: true, untilMs: clock.wallClockMs() + 55_000 });
    laterMs(55_000);
    assert.deepEqual(await watch.block(60), NOT_BLOCKED);
    assert.deepEqual(
      told.map(({ kind }) => kind),
      ['warning'],
    );
  });

  it('is found blocked when the TPM does not even compare a value, and then nobody’s guess is reported', async () => {
    const { watch, sees, told } = setUp();
    await sees(LOCKED);
    assert.equal((await watch.block(DAY_SECONDS)).blocked, true);
    assert.deepEqual(told, []);
  });

  it('is blocked since the wrong value, not since a later attempt that the TPM did not compare', async () => {
    const { watch, sees, laterMs, clock } = setUp();
    await sees(WRONG);
    laterMs(50_000);
    await sees(LOCKED);
    assert.deepEqual(await watch.block(60), { blocked: true, untilMs: clock.wallClockMs() + 10_000 });
    laterMs(10_000);
    await sees(WRONG);
    assert.deepEqual(await watch.block(60), { blocked: true, untilMs: clock.wallClockMs() + 60_000 });
  });

  it('is blocked until a reset if the recovery time is 0 or unknown', async () => {
    const { watch, sees, tpm } = setUp();
    await sees(WRONG);
    for (const seconds of [0, null]) {
      assert.deepEqual(await watch.block(seconds), { blocked: true, untilMs: null });
    }
    tpm.time = { timeMs: 1, resetCount: 8, restartCount: 0 };
    assert.deepEqual(await watch.block(0), NOT_BLOCKED);
  });

  it('is free again once the TPM accepts a value or is cleared, and that is remembered', async () => {
    const { watch, sees, store } = setUp();
    await sees(WRONG);
    await sees(ACCEPTED);
    assert.deepEqual([await watch.block(DAY_SECONDS), store.kept.size], [NOT_BLOCKED, 0]);
  });

  it('is remembered across a restart of the broker, unless the record is damaged', async () => {
    const first = setUp();
    await first.sees(WRONG);
    assert.equal((await setUp('2.0', first.store).watch.block(DAY_SECONDS)).blocked, true);
    for (const damaged of [null, 'text', {}, { timeMs: 1 }, { timeMs: '1', resetCount: 1 }, { resetCount: 1 }]) {
      const store = new MemoryStore();
      store.kept.set(LOCKOUT_AUTHORIZATION_RECORD, damaged);
      assert.deepEqual(await setUp('2.0', store).watch.block(DAY_SECONDS), NOT_BLOCKED);
    }
  });

  it('stays blocked without an end if the TPM does not report its time, and creates no record then', async () => {
    const { watch, sees, tpm, store } = setUp();
    await sees(WRONG);
    tpm.time = undefined;
    assert.deepEqual(await watch.block(60), { blocked: true, untilMs: null });
    const other = setUp();
    other.tpm.time = undefined;
    await other.sees(WRONG);
    assert.deepEqual([store.kept.size, other.store.kept.size], [1, 0]);
  });

  it('is not affected by commands that do not carry it, nor by those of a TPM 1.2', async () => {
    const { sees, tpm, store } = setUp();
    await sees(WRONG, createPrimary({ hierarchy: 'owner', auth: 'wrong' }));
    await sees(WRONG, getRandom(8));
    const old = setUp('1.2');
    await old.sees(WRONG);
    assert.deepEqual([tpm.questions, store.kept.size, old.tpm.questions, old.store.kept.size], [0, 0, 0, 0]);
  });

  it('stops nothing if it cannot be stored: the log says so', async () => {
    const { watch, sees, store, log } = setUp();
    store.put = async () => Promise.reject(new Error('the disk is full'));
    await sees(WRONG);
    assert.deepEqual(
      log.lines.map(({ level }) => level),
      ['warn'],
    );
    assert.deepEqual(await watch.block(DAY_SECONDS), NOT_BLOCKED);
  });

  it('is free if the TPM accepts a value while the block before it is still being stored', async () => {
    const { watch, store } = setUp();
    watch.answered(clear(), WRONG);
    watch.answered(clear(), ACCEPTED);
    assert.deepEqual([await watch.block(DAY_SECONDS), store.kept.size], [NOT_BLOCKED, 0]);
  });
});
