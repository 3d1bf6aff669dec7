/**
 * Tests a store that cannot write and a clock that jumps a day: only stored changes are acknowledged, and nothing is
 * lost.
 */
import assert from 'node:assert/strict';
import { LockoutService } from '../../../ts-core/application/lockout/lockout-service.js';
import { ManageLockout } from '../../../ts-core/application/lockout/manage-lockout.js';
import { ManageAuthLevel } from '../../../ts-core/application/owner-auth/manage-auth-level.js';
import { CommandLists } from '../../../ts-core/application/policy/command-lists.js';
import { ManageCommandLists } from '../../../ts-core/application/policy/manage-command-lists.js';
import type { PolicyStore } from '../../../ts-core/application/ports/policy-store.js';
import type { StateRecords } from '../../../ts-core/application/ports/state-store.js';
import type { Caller } from '../../../ts-core/domain/caller.js';
import { NO_LOCAL_COMMAND_LISTS } from '../../../ts-core/domain/filter/local-command-lists.js';
import { mergePolicy } from '../../../ts-core/domain/policy/merge.js';
import { DEFAULT_POLICY_SETTINGS } from '../../../ts-core/domain/policy/settings.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';
import { FakeClock } from '../../support/fake-clock.js';
import { MemoryStore } from '../../support/memory-store.js';
import { recordedEvents } from '../../support/recorded-events.js';

const ALICE: Caller = { userKey: 'uid:1000', callerClass: 'standardUser' };
const ROOT: Caller = { userKey: 'uid:0', callerClass: 'administrator' };
const DAY_MS = 86_400_000;
const TPM2_SIGN = TPM_CC.Sign;
/** Policy sets nothing, so the local records decide about lists and level. */
const NO_POLICY = mergePolicy([], 1);

/** Stores records in memory as a disk would, unless the test says that the disk is full or has a bad block. */
class FailingStore extends MemoryStore {
  fault: 'ENOSPC' | 'EIO' | undefined;

  override async put<Name extends keyof StateRecords>(name: Name, value: StateRecords[Name]): Promise<void> {
    if (this.fault !== undefined) throw new TbsError('TBS_E_INTERNAL_ERROR', { details: { reason: this.fault } });
    await super.put(name, value);
  }
}

function setUp() {
  const store = new FailingStore();
  const clock = new FakeClock();
  const { events, told } = recordedEvents(clock);
  const bookOf = () => new LockoutService({ store, clock, settings: () => DEFAULT_POLICY_SETTINGS, events });
  return { store, clock, told, events, bookOf, book: bookOf() };
}

for (const fault of ['ENOSPC', 'EIO'] as const) {
  describe(`a store that fails with ${fault}`, () => {
    it('refuses a change of the lists, and the lists in force stay the same', async () => {
      const { store } = setUp();
      const lists = new CommandLists(NO_POLICY, store);
      const { revision, lists: compiled } = lists;
      store.fault = fault;
      await assert.rejects(lists.replaceLocal({ ...NO_LOCAL_COMMAND_LISTS }), { symbol: 'TBS_E_INTERNAL_ERROR' });
      assert.equal(lists.revision, revision);
      assert.equal(lists.lists, compiled);
      assert.equal(store.kept.size, 0);
      store.fault = undefined;
      await lists.replaceLocal({ ...NO_LOCAL_COMMAND_LISTS });
      assert.equal(lists.revision, revision + 1);
    });

    it('refuses to reset the lockout and ends none, before and after a restart', async () => {
      const { store, book, bookOf, told, events } = setUp();
      const lockout = new ManageLockout(book, events, { keyOf: (name) => name, namesOf: async () => new Map() });
      for (let count = 0; count < 4; count++) await book.countFailure(ALICE, 'TPM2_Sign');
      store.fault = fault;
      const toldBefore = told.length;
      for (const user of [ALICE.userKey, undefined]) {
        await assert.rejects(lockout.reset(ROOT, user), { symbol: 'TBS_E_INTERNAL_ERROR' });
        assert.equal(book.verdictFor(ALICE.userKey).open, false);
        assert.equal(lockout.get(ALICE).users[0]?.failures, 4);
      }
      assert.equal(told.length, toldBefore, 'a reset that was refused is not told as made');
      const restarted = bookOf();
      await restarted.restore();
      assert.equal(restarted.verdictFor(ALICE.userKey).open, false);
      store.fault = undefined;
      await lockout.reset(ROOT, ALICE.userKey);
      assert.equal(book.verdictFor(ALICE.userKey).open, true);
      const restartedAgain = bookOf();
      await restartedAgain.restore();
      assert.equal(restartedAgain.verdictFor(ALICE.userKey).open, true);
    });

    it('refuses to block, unblock, grant and revoke, and every verdict stays the same', async () => {
      const { store, events, told } = setUp();
      const lists = new CommandLists(NO_POLICY, store);
      const manage = new ManageCommandLists('2.0', lists, events);
      const changes = [
        () => manage.block(ROOT, [TPM2_SIGN], undefined),
        () => manage.unblock(ROOT, [TPM2_SIGN], undefined),
        () => manage.grant(ROOT, [0x20000001], 'standardUser'),
        () => manage.revoke(ROOT, [0x20000001], 'standardUser'),
      ];
      for (const change of changes) {
        const before = [manage.list(undefined, TPM2_SIGN), manage.list(undefined, 0x20000001)];
        const toldBefore = told.length;
        store.fault = fault;
        await assert.rejects(change(), { symbol: 'TBS_E_INTERNAL_ERROR' });
        assert.deepEqual([manage.list(undefined, TPM2_SIGN), manage.list(undefined, 0x20000001)], before);
        assert.deepEqual(new CommandLists(NO_POLICY, store).localLists, lists.localLists, 'memory and store agree');
        assert.equal(told.length, toldBefore);
        store.fault = undefined;
        await change();
        assert.notDeepEqual([manage.list(undefined, TPM2_SIGN), manage.list(undefined, 0x20000001)], before);
      }
    });

    it('refuses to set the level of owner authorization, and the level in force stays the same', async () => {
      const { store, events, told } = setUp();
      const policy = { current: () => NO_POLICY } as unknown as PolicyStore;
      const authLevel = new ManageAuthLevel(policy, store, events, async () => undefined);
      const options = { newOwnerAuth: undefined, force: false };
      const before = authLevel.get();
      store.fault = fault;
      await assert.rejects(authLevel.set(ROOT, 0, options), { symbol: 'TBS_E_INTERNAL_ERROR' });
      assert.deepEqual(authLevel.get(), before);
      assert.equal(told.length, 0);
      store.fault = undefined;
      assert.equal((await authLevel.set(ROOT, 0, options)).level, 0);
    });

    it('counts a failure anyway, does not report it as durable, and stores it with the next one', async () => {
      const { store, book, bookOf } = setUp();
      store.fault = fault;
      for (let count = 0; count < 4; count++) {
        const kept = book.countFailure(ALICE, 'TPM2_Sign');
        assert.ok(kept !== undefined);
        await assert.rejects(kept, { symbol: 'TBS_E_INTERNAL_ERROR' });
      }
      assert.equal(book.verdictFor(ALICE.userKey).open, false, 'a full disk opens no gate');
      store.fault = undefined;
      await book.countFailure(ALICE, 'TPM2_Sign');
      const restarted = bookOf();
      await restarted.restore();
      assert.equal(restarted.verdictFor(ALICE.userKey).open, false, 'the failures of the bad time are kept as well');
    });
  });
}

it('keeps a failure that is counted while the lockout is reset', async () => {
  const { store, book, bookOf } = setUp();
  for (let count = 0; count < 4; count++) await book.countFailure(ALICE, 'TPM2_Sign');
  let write: (() => void) | undefined;
  const { put } = store;
  store.put = async (name, value) => {
    await new Promise<void>((resolve) => {
      write = resolve;
    });
    store.put = put;
    await put.call(store, name, value);
  };
  const reset = book.reset(undefined);
  while (write === undefined) await Promise.resolve();
  const counted = book.countFailure(ALICE, 'TPM2_Sign');
  assert.equal(book.verdictFor(ALICE.userKey).open, false, 'nothing is forgotten before that is kept');
  write();
  assert.equal(await reset, 4);
  await counted;
  const restarted = bookOf();
  await restarted.restore();
  for (const each of [book, restarted]) assert.equal(each.summary().users[0]?.failures, 1);
});

for (const [name, jumpMs] of [
  ['forward', DAY_MS],
  ['back', -DAY_MS],
] as const) {
  describe(`a wall clock that jumps a day ${name}`, () => {
    it('neither ends a lockout within a boot nor prolongs it', async () => {
      const { book, clock } = setUp();
      for (let count = 0; count < 4; count++) await book.countFailure(ALICE, 'TPM2_Sign');
      assert.equal(book.verdictFor(ALICE.userKey).open, false);
      clock.wallMs += jumpMs;
      assert.equal(book.verdictFor(ALICE.userKey).open, false, 'nothing is forgotten');
      clock.advance(480 * 60_000 + 1);
      assert.equal(book.verdictFor(ALICE.userKey).open, true, 'and nothing counts longer than the window');
    });

    it('loses nothing if the broker is restarted within the boot', async () => {
      const { book, bookOf, clock } = setUp();
      for (let count = 0; count < 4; count++) await book.countFailure(ALICE, 'TPM2_Sign');
      clock.wallMs += jumpMs;
      const restarted = bookOf();
      await restarted.restore();
      assert.equal(restarted.verdictFor(ALICE.userKey).open, false);
      clock.advance(480 * 60_000 + 1);
      assert.equal(restarted.verdictFor(ALICE.userKey).open, true);
    });

    it('gives an audit line the wall-clock time of its moment', () => {
      const { clock, told, book } = setUp();
      clock.wallMs += jumpMs;
      void book.countFailure(ALICE, 'TPM2_Sign');
      assert.equal(told[0]?.time, new Date(clock.wallMs).toISOString());
    });
  });
}
