import assert from 'node:assert/strict';
import type { VirtualResource } from '../../../../ts-core/domain/virtualization/virtualizer.js';
import { resourceHandlers } from '../../../../ts-core/endpoints/rpc/handlers/resource-handlers.js';
import { ALICE } from '../../../support/callers.js';
import { applicationWith, resultIn, sessionOf } from '../../../support/rpc-session.js';

const KEY: VirtualResource = {
  id: 'k1',
  kind: 'transient',
  userKey: 'uid:1000',
  contextId: 7,
  virtualHandle: 0x80ffffff,
  resident: true,
};

describe('the handlers of resources', () => {
  const handlers = resourceHandlers(
    applicationWith({
      resources: {
        list: (caller) => (caller === ALICE ? [KEY] : []),
        remove: async (caller, id) => caller === ALICE && id === KEY.id,
      },
      userNames: { namesOf: async (keys) => new Map([...keys].map((key) => [key, 'alice'])) },
    }),
  );

  it('list the resources that the caller may see, with the name of each user', async () => {
    assert.deepEqual(resultIn(await handlers.resourceList(sessionOf(ALICE), undefined)), {
      resources: [{ ...KEY, userName: 'alice' }],
    });
  });

  it('report whether a resource was flushed', async () => {
    assert.deepEqual(await handlers.resourceRemove(sessionOf(ALICE), { id: 'k1' }), { removed: true });
    assert.deepEqual(await handlers.resourceRemove(sessionOf(ALICE), { id: 'k2' }), { removed: false });
  });
});
