import assert from 'node:assert/strict';
import { TPM_CC } from '../../../../ts-core/domain/tpm20/codes.js';
import { queueHandlers } from '../../../../ts-core/endpoints/rpc/handlers/queue-handlers.js';
import { ROOT } from '../../../support/callers.js';
import { applicationWith, sessionOf } from '../../../support/rpc-session.js';

function queueWith(running: { userKey: string; code: number; durationMs: number } | undefined) {
  const handlers = queueHandlers(
    applicationWith({
      queueReport: { get: () => ({ waiting: [{ userKey: 'uid:1000', priority: 'high', count: 2 }], running }) },
      status: { device: { version: '2.0' } } as never,
      userNames: { namesOf: async () => new Map([['uid:1000', 'alice']]) },
    }),
  );
  return handlers.queueGet(sessionOf(ROOT), undefined);
}

describe('the handler of the queue', () => {
  it('returns the names of waiting users and of the running command', async () => {
    assert.deepEqual(await queueWith({ userKey: 'uid:1001', code: TPM_CC.GetRandom, durationMs: 7 }), {
      waiting: [{ userKey: 'uid:1000', userName: 'alice', priority: 'high', count: 2 }],
      running: {
        userKey: 'uid:1001',
        userName: null,
        code: TPM_CC.GetRandom,
        name: 'TPM2_GetRandom (0x17B)',
        durationMs: 7,
      },
    });
  });

  it('returns null while no command is running that the caller may see', async () => {
    assert.equal((await queueWith(undefined)).running, null);
  });
});
