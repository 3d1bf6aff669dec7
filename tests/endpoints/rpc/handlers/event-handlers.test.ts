import assert from 'node:assert/strict';
import type { AuditEvent } from '../../../../ts-core/application/ports/logs.js';
import { TbsError } from '../../../../ts-core/domain/tbs-error.js';
import { eventHandlers } from '../../../../ts-core/endpoints/rpc/handlers/event-handlers.js';
import { ALICE, BOB } from '../../../support/callers.js';
import { applicationWith, sessionOf } from '../../../support/rpc-session.js';

function eventOf(message: string): AuditEvent {
  return {
    kind: 'commandRefused',
    time: '2026-01-01T12:00:00.000Z',
    userKey: 'uid:1000',
    callerClass: 'standardUser',
    processId: 1,
    message,
    details: {},
  };
}

function setUp(maxSubscribersOfUser = 2) {
  const followers = new Set<(event: AuditEvent) => void>();
  const past = [eventOf('first'), eventOf('second')];
  const handlers = eventHandlers(
    applicationWith({
      events: {
        past: (_caller, count) => past.slice(past.length - count),
        follow: (_caller, follower) => {
          followers.add(follower);
          return () => followers.delete(follower);
        },
      },
    }),
    maxSubscribersOfUser,
  );
  const raise = (message: string) => {
    for (const follower of followers) follower(eventOf(message));
  };
  return { followers, raise, subscribe: handlers.eventSubscribe };
}

describe('the handlers of events', () => {
  it('return as many past events as requested, none by default', async () => {
    const { subscribe } = setUp();
    const session = sessionOf(ALICE);
    assert.deepEqual(await subscribe(session, { recent: 1, follow: false }), { recent: [eventOf('second')] });
    assert.deepEqual(await subscribe(session, undefined), { recent: [] });
  });

  it('send each new event once, however often the connection subscribes', async () => {
    const { subscribe, raise } = setUp();
    const session = sessionOf(ALICE);
    await subscribe(session, undefined);
    await subscribe(session, undefined);
    raise('now');
    assert.deepEqual(session.sent, [['event/raised', eventOf('now')]]);
  });

  it('do not follow if the caller only wants past events', async () => {
    const { subscribe, followers } = setUp();
    await subscribe(sessionOf(ALICE), { recent: 2, follow: false });
    assert.equal(followers.size, 0);
  });

  it('drop events while the client does not read, and then report how many', async () => {
    const { subscribe, raise } = setUp();
    let reads = true;
    const session = sessionOf(ALICE, { reads: () => reads });
    await subscribe(session, undefined);
    reads = false;
    raise('lost');
    raise('lost as well');
    reads = true;
    raise('seen');
    raise('seen as well');
    assert.deepEqual(session.sent, [
      ['event/raised', { ...eventOf('seen'), lost: 2 }],
      ['event/raised', eventOf('seen as well')],
    ]);
  });

  it('refuse more subscribers of one user than the limit, until one of the connections ends', async () => {
    const { subscribe, followers } = setUp(1);
    const first = sessionOf(ALICE);
    await subscribe(first, undefined);
    await subscribe(sessionOf(BOB), undefined);
    assert.throws(
      () => subscribe(sessionOf(ALICE), undefined),
      (error) => error instanceof TbsError && error.symbol === 'TBS_E_TOO_MANY_RESOURCES',
    );
    first.end();
    assert.equal(followers.size, 1);
    await subscribe(sessionOf(ALICE), undefined);
    assert.equal(followers.size, 2);
  });
});
