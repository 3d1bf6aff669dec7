import assert from 'node:assert/strict';
import { LockoutService } from '../../../ts-core/application/lockout/lockout-service.js';
import { ManageLockout } from '../../../ts-core/application/lockout/manage-lockout.js';
import { DEFAULT_POLICY_SETTINGS } from '../../../ts-core/domain/policy/settings.js';
import { ALICE, BOB, ROOT } from '../../support/callers.js';
import { FakeClock } from '../../support/fake-clock.js';
import { MemoryStore } from '../../support/memory-store.js';
import { recordedEvents } from '../../support/recorded-events.js';

async function setUp() {
  const [store, clock] = [new MemoryStore(), new FakeClock()];
  const { events, told } = recordedEvents(clock);
  const service = new LockoutService({ store, clock, events, settings: () => DEFAULT_POLICY_SETTINGS });
  const keys: Readonly<Record<string, string>> = { alice: ALICE.userKey, [ALICE.userKey]: ALICE.userKey };
  const keyOf = (user: string) => {
    assert.equal(typeof user, 'string', 'only names are looked up');
    return keys[user];
  };
  const manage = new ManageLockout(service, events, { keyOf, namesOf: async () => new Map() });
  for (const caller of [ALICE, ALICE, BOB]) await service.countFailure(caller, 'TPM2_Sign');
  told.length = 0;
  const usersSeenBy = (caller: typeof ALICE) => manage.get(caller).users.map(({ userKey }) => userKey);
  return { manage, told, usersSeenBy };
}

describe('the state of the lockout', () => {
  it('shows everybody to an administrator, and a standard user only themselves and the totals', async () => {
    const { manage, usersSeenBy } = await setUp();
    assert.deepEqual(usersSeenBy(ROOT), [ALICE.userKey, BOB.userKey]);
    assert.deepEqual(usersSeenBy(ALICE), [ALICE.userKey]);
    assert.equal(manage.get(ALICE).totalFailures, 3);
  });
});

describe('resetting the lockout', () => {
  it('clears one user, given by name, and reports who did it', async () => {
    const { manage, told, usersSeenBy } = await setUp();
    const after = await manage.reset(ROOT, 'alice');
    assert.deepEqual(
      after.users.map(({ userKey }) => userKey),
      [BOB.userKey],
    );
    assert.deepEqual(usersSeenBy(ROOT), [BOB.userKey]);
    assert.equal(told.length, 1);
    assert.equal(told[0]?.kind, 'administration');
    assert.equal(told[0].userKey, ROOT.userKey);
    assert.deepEqual(told[0].details, { user: ALICE.userKey, forgotten: 2 });
  });

  it('clears all users if no user is given', async () => {
    const { manage, told } = await setUp();
    assert.deepEqual((await manage.reset(ROOT, undefined)).users, []);
    assert.deepEqual(told[0]?.details, { user: 'all', forgotten: 3 });
  });

  it('refuses a user that does not exist, and clears nobody', async () => {
    const { manage, told, usersSeenBy } = await setUp();
    await assert.rejects(manage.reset(ROOT, 'nobody'), {
      symbol: 'TBS_E_BAD_PARAMETER',
      message: 'There is no user "nobody".',
      details: { parameter: 'user' },
    });
    assert.equal(usersSeenBy(ROOT).length, 2);
    assert.deepEqual(told, []);
  });
});
