import assert from 'node:assert/strict';
import { RefusedConnections } from '../../ts-core/endpoints/refused-connections.js';
import { FakeClock } from '../support/fake-clock.js';

describe('refused connections', () => {
  it('are logged once a minute for each reason, with the number in between', () => {
    const clock = new FakeClock();
    const lines: string[] = [];
    const silent = () => undefined;
    const log = {
      debug: silent,
      info: silent,
      error: silent,
      warn: (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`),
    };
    const refused = new RefusedConnections(log, clock);
    for (let count = 0; count < 1000; count++) {
      refused.log('a connection was refused: too many are open', { user: 'uid:1000' });
      clock.advance(1);
    }
    refused.log('a wire connection was refused', { error: 'unknown' });
    clock.advance(60_000);
    refused.log('a connection was refused: too many are open', { user: 'uid:1001' });
    assert.deepEqual(lines, [
      'a connection was refused: too many are open {"user":"uid:1000"}',
      'a wire connection was refused {"error":"unknown"}',
      'a connection was refused: too many are open {"user":"uid:1001","refusedMeanwhile":999}',
    ]);
  });
});
