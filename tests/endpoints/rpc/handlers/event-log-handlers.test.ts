import assert from 'node:assert/strict';
import { RecentAnswers } from '../../../../ts-core/application/status/recent-answers.js';
import type { EventLog, LoggedEvent } from '../../../../ts-core/domain/firmware/event-log.js';
import type { BankComparison } from '../../../../ts-core/domain/firmware/event-log-replay.js';
import { eventLogHandlers } from '../../../../ts-core/endpoints/rpc/handlers/event-log-handlers.js';
import { ROOT } from '../../../support/callers.js';
import { ALGORITHM_IDS } from '../../../support/event-log-writer.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { applicationWith, resultIn, sessionOf } from '../../../support/rpc-session.js';

const SHA1 = ALGORITHM_IDS.sha1;

function eventOf(index: number, dataBytes = 4): LoggedEvent {
  return {
    index,
    offset: 0,
    pcrIndex: 7,
    type: 4,
    digests: [{ algorithmId: SHA1, digest: Uint8Array.of(1, 2) }],
    data: new Uint8Array(dataBytes),
  };
}

function logOf(events: readonly LoggedEvent[]): EventLog {
  return { form: 'cryptoAgile', algorithms: [{ algorithmId: SHA1, digestBytes: 20 }], events };
}

function setUp(events: readonly LoggedEvent[], banks: readonly BankComparison[] = []) {
  const log = logOf(events);
  return eventLogHandlers(
    applicationWith({
      eventLog: { log: async () => log, test: async () => ({ log, matches: true, banks }) },
      recentAnswers: new RecentAnswers(new FakeClock(), 1000),
    }),
  );
}

const pageFrom = async (events: readonly LoggedEvent[], first: number) =>
  resultIn(await setUp(events).eventLogGet(sessionOf(ROOT), { first }));

describe('the handlers of the boot log', () => {
  it('show an event with the names of its type and of its digests’ algorithms', async () => {
    const { form, algorithms, total, events, next } = await pageFrom([eventOf(0)], 0);
    assert.deepEqual([form, algorithms, total, next], ['cryptoAgile', ['sha1'], 1, null]);
    const { typeName, digests, data, dataBytes, pcrIndex } = events[0] ?? {};
    assert.deepEqual([typeName, pcrIndex, dataBytes, data], ['EV_SEPARATOR', 7, 4, 'AAAAAA==']);
    assert.deepEqual(digests, [{ algorithm: 'sha1', digest: '0102' }]);
  });

  it('return pages of bounded length that continue where the last one ended', async () => {
    const events = Array.from({ length: 1000 }, (_, index) => eventOf(index, 1000));
    const seen: number[] = [];
    for (let first: number | null = 0; first !== null; ) {
      const page: Awaited<ReturnType<typeof pageFrom>> = await pageFrom(events, first);
      assert.ok(JSON.stringify(page).length < 100_000);
      seen.push(...page.events.map(({ index }) => index));
      first = page.next;
    }
    assert.deepEqual(
      seen,
      events.map(({ index }) => index),
    );
  });

  it('return a single event that is longer than a page, with truncated data', async () => {
    const { events, next } = await pageFrom([eventOf(0, 1_000_000), eventOf(1)], 0);
    assert.deepEqual([events.length, events[0]?.dataBytes], [1, 1_000_000]);
    assert.equal(Buffer.from(events[0]?.data ?? '', 'base64').length, 65_536);
    assert.equal(next, 1);
  });

  it('return nothing beyond the end of the log', async () => {
    const { events, next, total } = await pageFrom([eventOf(0)], 5);
    assert.deepEqual([events, next, total], [[], null, 1]);
  });

  it('create the text of an event once for each reading of the log', async () => {
    let read = 0;
    const event = {
      ...eventOf(0),
      get data() {
        read++;
        return Uint8Array.of(1);
      },
    };
    const handlers = setUp([event, eventOf(1)]);
    const ask = async () => resultIn(await handlers.eventLogGet(sessionOf(ROOT), { first: 0 }));
    const first = await ask();
    const readOnce = read;
    assert.deepEqual(await ask(), first);
    assert.ok(readOnce > 0);
    assert.equal(read, readOnce);
  });

  it('compare each PCR of the banks that the TPM has, and explain why others are not compared', async () => {
    const pcr = { pcrIndex: 7, events: 1, replayed: Uint8Array.of(10), actual: Uint8Array.of(11), matches: false };
    const banks: BankComparison[] = [
      {
        algorithmId: SHA1,
        name: 'sha1',
        notCompared: undefined,
        pcrs: [pcr, { ...pcr, pcrIndex: 8, actual: undefined }],
      },
      { algorithmId: 11, name: 'sha256', notCompared: 'noSuchBank', pcrs: [pcr] },
    ];
    const { matches, events, pcrs, notCompared } = await setUp([eventOf(0)], banks).eventLogTest(
      sessionOf(ROOT),
      undefined,
    );
    assert.deepEqual([matches, events], [true, 1]);
    assert.deepEqual(pcrs, [
      { bank: 'sha1', pcrIndex: 7, events: 1, replayed: '0a', actual: '0b', matches: false },
      { bank: 'sha1', pcrIndex: 8, events: 1, replayed: '0a', actual: null, matches: false },
    ]);
    assert.deepEqual(notCompared, [{ bank: 'sha256', reason: 'noSuchBank' }]);
  });
});
