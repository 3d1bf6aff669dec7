import assert from 'node:assert/strict';
import { powerHandlers } from '../../../../ts-core/endpoints/rpc/handlers/power-handlers.js';
import { ROOT } from '../../../support/callers.js';
import { applicationWith, sessionOf } from '../../../support/rpc-session.js';

describe('the handlers of suspend and resume', () => {
  it('answer once the use case has finished, on behalf of the caller', async () => {
    const told: unknown[] = [];
    const handlers = powerHandlers(
      applicationWith({
        power: {
          suspend: async (caller) => void told.push(['suspend', caller?.userKey]),
          resume: async (caller) => void told.push(['resume', caller?.userKey]),
        },
      }),
    );
    assert.deepEqual(await handlers.powerSuspend(sessionOf(ROOT), undefined), {});
    assert.deepEqual(await handlers.powerResume(sessionOf(ROOT), undefined), {});
    assert.deepEqual(told, [
      ['suspend', 'uid:0'],
      ['resume', 'uid:0'],
    ]);
  });
});
