import assert from 'node:assert/strict';
import { contextHandlers } from '../../../../ts-core/endpoints/rpc/handlers/context-handlers.js';
import { ALICE, ROOT } from '../../../support/callers.js';
import { applicationWith, resultIn, sessionOf } from '../../../support/rpc-session.js';

const NOON = Date.UTC(2026, 0, 1, 12);

function setUp() {
  const told: unknown[] = [];
  const { processId: _, ...unnumbered } = ALICE;
  const handlers = contextHandlers(
    applicationWith({
      contexts: {
        list: () => [
          { id: 1, caller: ALICE, openedAtMs: NOON } as never,
          { id: 2, caller: unnumbered, openedAtMs: NOON } as never,
        ],
        stateOf: ({ id }) => (id === 1 ? { waitingCommands: 2, resources: 3 } : { waitingCommands: 0, resources: 0 }),
        closeForeign: (caller, contextId) => void told.push(['closed for another', caller.userKey, contextId]),
      },
      userNames: { namesOf: async (keys) => new Map([...keys].map((key) => [key, 'alice'])) },
    }),
  );
  const session = sessionOf(ROOT, {
    tpm: {
      hasContext: (contextId) => contextId === 1,
      closeContext: (contextId) => void told.push(['closed', contextId]),
      openContext: (versions) => ({ contextId: 9, tpmVersion: versions[0] ?? '1.2', maxCommandBytes: 4096 }),
    },
  });
  return { handlers, session, told };
}

describe('the handlers of contexts', () => {
  it('open a context for the versions that the caller supports', async () => {
    const { handlers, session } = setUp();
    const opened = await handlers.contextOpen(session, { versions: ['2.0', '1.2'] });
    assert.deepEqual(opened, { contextId: 9, tpmVersion: '2.0', maxCommandBytes: 4096 });
  });

  it('close a context of this connection, and another one only with the caller’s right to it', async () => {
    const { handlers, session, told } = setUp();
    assert.deepEqual(await handlers.contextClose(session, { contextId: 1 }), {});
    assert.deepEqual(await handlers.contextClose(session, { contextId: 2 }), {});
    assert.deepEqual(told, [
      ['closed', 1],
      ['closed for another', 'uid:0', 2],
    ]);
  });

  it('list the user and time of each context, and whether it belongs to this connection', async () => {
    const { handlers, session } = setUp();
    const { contexts } = resultIn(await handlers.contextList(session, undefined));
    assert.deepEqual(contexts[0], {
      contextId: 1,
      userKey: 'uid:1000',
      userName: 'alice',
      callerClass: 'standardUser',
      processId: 4711,
      openedAt: '2026-01-01T12:00:00.000Z',
      waitingCommands: 2,
      resources: 3,
      own: true,
    });
    assert.deepEqual([contexts[1]?.processId, contexts[1]?.own], [null, false]);
  });
});
