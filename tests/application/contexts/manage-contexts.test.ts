import assert from 'node:assert/strict';
import type { CommandService } from '../../../ts-core/application/commands/command-service.js';
import { Contexts, type TbsContext } from '../../../ts-core/application/contexts/contexts.js';
import { ManageContexts } from '../../../ts-core/application/contexts/manage-contexts.js';
import type { Caller } from '../../../ts-core/domain/caller.js';
import { policyOf } from '../../domain/filter/filter-fixtures.js';
import { ALICE, ALICES_SANDBOX, BOB, ROOT } from '../../support/callers.js';
import { PassThroughVirtualizer } from '../../support/pass-through-virtualizer.js';
import { recordedEvents } from '../../support/recorded-events.js';

function setUp() {
  const contexts = new Contexts(() => policyOf({ maxContexts: 100, maxContextsPerUser: 100 }));
  const virtualizer = new PassThroughVirtualizer();
  const { events, told } = recordedEvents();
  const closed: TbsContext[] = [];
  const commands = { close: (context: TbsContext) => void closed.push(context) } as unknown as CommandService;
  const manage = new ManageContexts(contexts, commands, virtualizer, events);
  const [ofAlice, ofSandbox, ofBob] = [ALICE, ALICES_SANDBOX, BOB].map((caller) => contexts.create(caller, 0));
  assert.ok(ofAlice && ofSandbox && ofBob);
  const seenBy = (caller: Caller) => manage.list(caller);
  return { manage, virtualizer, told, closed, ofAlice, ofSandbox, ofBob, seenBy };
}

describe('the list of contexts', () => {
  it('shows everybody’s to an administrator, and to others their own', () => {
    const { seenBy, ofAlice, ofSandbox, ofBob } = setUp();
    assert.deepEqual(seenBy(ROOT), [ofAlice, ofSandbox, ofBob]);
    assert.deepEqual(seenBy(ALICE), [ofAlice, ofSandbox]);
    assert.deepEqual(seenBy(ALICES_SANDBOX), [ofSandbox]);
    assert.deepEqual(seenBy(BOB), [ofBob]);
  });

  it('shows how many commands of a context are queued, and what it holds in the TPM', () => {
    const { manage, virtualizer, ofAlice } = setUp();
    virtualizer.counts = () => ({ transient: 2, loadedSessions: 3, savedSessions: 7 });
    ofAlice.outstanding = 1;
    assert.deepEqual(manage.stateOf(ofAlice), { waitingCommands: 1, resources: 5 });
  });
});

describe('closing a context from another connection', () => {
  it('is for administrators if it is another user’s, and raises an event', () => {
    const { manage, ofBob, closed, told } = setUp();
    manage.closeForeign(ROOT, ofBob.id);
    assert.deepEqual(closed, [ofBob]);
    assert.equal(told[0]?.kind, 'administration');
    assert.equal(told[0].userKey, ROOT.userKey);
    assert.deepEqual(told[0].details, { contextId: ofBob.id, user: BOB.userKey });
  });

  it('raises no event if it is the same user’s', () => {
    const { manage, ofAlice, closed, told } = setUp();
    manage.closeForeign(ALICE, ofAlice.id);
    assert.deepEqual(closed, [ofAlice]);
    assert.deepEqual(told, []);
  });

  it('of another user is refused as if it did not exist', () => {
    const { manage, ofBob, ofAlice, closed } = setUp();
    const refusal = (contextId: number) => ({ symbol: 'TBS_E_INVALID_CONTEXT', details: { contextId } });
    assert.throws(() => manage.closeForeign(ALICE, ofBob.id), refusal(ofBob.id));
    assert.throws(() => manage.closeForeign(ALICES_SANDBOX, ofAlice.id), refusal(ofAlice.id));
    assert.throws(() => manage.closeForeign(ROOT, 99), refusal(99));
    assert.deepEqual(closed, []);
  });
});
