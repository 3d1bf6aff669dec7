import assert from 'node:assert/strict';
import type { ChoreUrgency } from '../../../ts-core/application/commands/housekeeping.js';
import { Contexts } from '../../../ts-core/application/contexts/contexts.js';
import { ManageResources } from '../../../ts-core/application/contexts/manage-resources.js';
import type { Caller } from '../../../ts-core/domain/caller.js';
import type { Exchange } from '../../../ts-core/domain/tpm/exchange.js';
import { TRANSIENT_FIRST } from '../../../ts-core/domain/tpm20/codes.js';
import type { VirtualResource } from '../../../ts-core/domain/virtualization/virtualizer.js';
import { policyOf } from '../../domain/filter/filter-fixtures.js';
import { ALICE, ALICES_SANDBOX, BOB, ROOT } from '../../support/callers.js';
import { dispatcherRig } from '../../support/dispatcher-rig.js';
import { recordedEvents } from '../../support/recorded-events.js';

function setUp() {
  const { dispatcher, virtualizer } = dispatcherRig();
  const contexts = new Contexts(() => policyOf({ maxContexts: 100, maxContextsPerUser: 100 }));
  const { events, told } = recordedEvents();
  const resource = (id: string, caller: Caller, saved = false): VirtualResource => ({
    ...{ id, kind: 'transient', userKey: caller.userKey, virtualHandle: TRANSIENT_FIRST, resident: true },
    contextId: saved ? null : contexts.create(caller, 0).id,
  });
  const held = [
    resource('alice', ALICE),
    resource('sandbox', ALICES_SANDBOX),
    resource('bob', BOB),
    resource('alice-saved', ALICE, true),
  ];
  const removed: string[] = [];
  let isThere = true;
  virtualizer.resources = (of = () => true) => held.filter(of);
  // biome-ignore lint/correctness/useYield: an exchange that sends nothing
  virtualizer.removeResource = function* (...[id]: unknown[]): Exchange<boolean> {
    removed.push(String(id));
    return isThere;
  };
  const urgencies: unknown[] = [];
  const runExchange = dispatcher.runExchange.bind(dispatcher);
  dispatcher.runExchange = <Result>(begin: () => Exchange<Result>, urgency?: ChoreUrgency) => {
    urgencies.push(urgency);
    return runExchange(begin, urgency);
  };
  const manage = new ManageResources(contexts, virtualizer, dispatcher, events);
  const seenBy = (caller: Caller) => manage.list(caller).map(({ id }) => id);
  const goes = () => {
    isThere = false;
  };
  return { manage, contexts, told, removed, urgencies, seenBy, goes };
}

describe('the list of resources', () => {
  it('shows everybody’s to an administrator, and to others their own', () => {
    const { seenBy } = setUp();
    assert.deepEqual(seenBy(ROOT), ['alice', 'sandbox', 'bob', 'alice-saved']);
    assert.deepEqual(seenBy(ALICE), ['alice', 'sandbox', 'alice-saved']);
    assert.deepEqual(seenBy(ALICES_SANDBOX), ['sandbox'], 'whose saved sessions are is not known');
    assert.deepEqual(seenBy(BOB), ['bob']);
  });
});

it('includes a resource of a closed context for its user, but not for the user’s sandboxed app', () => {
  const { contexts, seenBy } = setUp();
  for (const context of [...contexts.all()]) contexts.remove(context);
  assert.deepEqual(seenBy(ALICE), ['alice', 'sandbox', 'alice-saved']);
  assert.deepEqual(seenBy(ALICES_SANDBOX), []);
});

describe('removing a resource', () => {
  it('flushes it between the commands of others, and raises an event if it is another user’s', async () => {
    const { manage, removed, told, urgencies } = setUp();
    assert.equal(await manage.remove(ROOT, 'bob'), true);
    assert.deepEqual(removed, ['bob']);
    assert.deepEqual(urgencies, [{ yieldsToCommands: true }]);
    assert.equal(told[0]?.kind, 'administration');
    assert.equal(told[0].userKey, ROOT.userKey);
    assert.deepEqual(told[0].details, { id: 'bob', kind: 'transient', user: BOB.userKey });
  });

  it('raises no event for one’s own', async () => {
    const { manage, removed, told } = setUp();
    assert.equal(await manage.remove(ALICE, 'alice'), true);
    assert.deepEqual([removed, told], [['alice'], []]);
  });

  it('of another user, or that does not exist, does nothing', async () => {
    const { manage, removed } = setUp();
    assert.equal(await manage.remove(ALICE, 'bob'), false);
    assert.equal(await manage.remove(ALICES_SANDBOX, 'alice'), false);
    assert.equal(await manage.remove(ROOT, 'nothing'), false);
    assert.deepEqual(removed, []);
  });

  it('that has gone meanwhile raises no event', async () => {
    const { manage, told, goes } = setUp();
    goes();
    assert.equal(await manage.remove(ROOT, 'bob'), false);
    assert.deepEqual(told, []);
  });
});
