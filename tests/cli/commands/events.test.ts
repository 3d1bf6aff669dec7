import assert from 'node:assert/strict';
import { eventsCommand } from '../../../ts-core/cli/commands/events.js';
import { eventRaised, eventSubscribe } from '../../../ts-core/endpoints/rpc/protocol/event.js';
import { CannedBroker, parsed } from '../../support/canned-broker.js';

const EVENT = { time: '2026-01-01T12:00:00.000Z', kind: 'commandRefused', userKey: 'uid:1000', message: 'no' };

describe('tbs events', () => {
  let broker: CannedBroker;
  beforeEach(async () => {
    broker = await CannedBroker.start();
    broker.answers(eventSubscribe, { recent: [EVENT, { ...EVENT, userKey: null, message: 'started', lost: 3 }] });
  });
  afterEach(() => broker[Symbol.asyncDispose]());

  const events = (...args: readonly string[]) => broker.tbs(eventsCommand, 'events', ...args);

  it('shows past events, fifty unless another number is given', async () => {
    const { output, calls } = await events();
    assert.deepEqual(calls[0]?.[1], { recent: 50, follow: false });
    assert.deepEqual(output.split('\n'), [
      '2026-01-01T12:00:00.000Z commandRefused uid:1000: no',
      '(3 events were lost)',
      '2026-01-01T12:00:00.000Z commandRefused broker: started',
      '',
    ]);
    assert.deepEqual((await events('--recent', '0')).calls[0]?.[1], { recent: 0, follow: false });
    for (const wrong of ['-1', '1.5', 'many']) await assert.rejects(events('--recent', wrong), /--recent must be/);
  });

  it('prints one line of JSON for each event for scripts', async () => {
    const [line] = (await events('--json')).output.split('\n');
    assert.deepEqual(parsed(line ?? ''), EVENT);
  });

  it('with --follow continues until the broker ends the connection', async () => {
    let end = (): void => undefined;
    broker.onConnection = (connection) => {
      end = () => connection.end();
    };
    broker.answers(eventSubscribe, () => {
      setImmediate(() => end());
      return { recent: [] };
    });
    await assert.rejects(events('--follow'), { symbol: 'TBS_E_SERVICE_NOT_RUNNING', kind: 'noBroker' });
    assert.equal(eventRaised.notification.length > 0, true);
  });
});
