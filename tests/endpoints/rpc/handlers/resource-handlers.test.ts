import assert from 'node:assert/strict';
import { resourceHandlers } from '../../../../ts-core/endpoints/rpc/handlers/resource-handlers.js';
import { ALICE } from '../../../support/callers.js';
import { applicationWith, sessionOf } from '../../../support/rpc-session.js';

const KEY = { id: 'k1', userKey: 'uid:1000' };

describe('the handlers of resources', () => {
  const handlers = resourceHandlers(
    applicationWith({
      resources: {
        list: (caller) => (caller === ALICE ? [KEY as never] : []),
        remove: async (caller, id) => caller === ALICE && id === KEY.id,
      },
      userNames: { nameOf: () => 'alice' },
    }),
  );

  it('list the resources that the caller may see, with the name of each user', async () => {
    assert.deepEqual(await handlers.resourceList(sessionOf(ALICE), undefined), {
      resources: [{ ...KEY, userName: 'alice' }],
    });
  });

  it('report whether a resource was flushed', async () => {
    assert.deepEqual(await handlers.resourceRemove(sessionOf(ALICE), { id: 'k1' }), { removed: true });
    assert.deepEqual(await handlers.resourceRemove(sessionOf(ALICE), { id: 'k2' }), { removed: false });
  });
});
