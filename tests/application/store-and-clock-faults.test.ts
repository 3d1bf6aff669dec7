/** A store that cannot write, and a clock that jumps a day: nothing is acknowledged that is not kept, nothing forgotten. */
import assert from 'node:assert/strict';
import { CommandLists } from '../../ts-core/application/command-lists.js';
import { Events } from '../../ts-core/application/events.js';
import { LockoutBook } from '../../ts-core/application/lockout-book.js';
import type { AuditEvent, StateRecords, StateStore } from '../../ts-core/application/ports.js';
import type { Caller } from '../../ts-core/domain/caller.js';
import { NO_LOCAL_COMMAND_LISTS } from '../../ts-core/domain/filter/local-command-lists.js';
import { DEFAULT_POLICY_SETTINGS } from '../../ts-core/domain/policy/settings.js';
import { TbsError } from '../../ts-core/domain/tbs-error.js';
import { FakeClock } from '../support/fake-clock.js';

const ALICE: Caller = { userKey: 'uid:1000', callerClass: 'standardUser' };
const DAY_MS = 86_400_000;

/** Keeps in memory what a disk would, unless it has no room or a bad block. */
class FailingStore implements StateStore {
  fault: 'ENOSPC' | 'EIO' | undefined;
  readonly kept = new Map<string, unknown>();

  get<Name extends keyof StateRecords>(name: Name): StateRecords[Name] | undefined {
    return this.kept.get(name) as StateRecords[Name] | undefined;
  }

  async put<Name extends keyof StateRecords>(name: Name, value: StateRecords[Name]): Promise<void> {
    if (this.fault !== undefined) throw new TbsError('TBS_E_INTERNAL_ERROR', { details: { reason: this.fault } });
    this.kept.set(name, structuredClone(value));
  }

  async delete(name: keyof StateRecords): Promise<void> {
    this.kept.delete(name);
  }

  async close(): Promise<void> {}
}

function setUp() {
  const store = new FailingStore();
  const clock = new FakeClock();
  const told: AuditEvent[] = [];
  const events = new Events(
    { write: (event) => void told.push(event), lostLines: () => 0, close: async () => {} },
    clock,
  );
  const bookOf = () => new LockoutBook({ store, clock, settings: () => DEFAULT_POLICY_SETTINGS, events });
  return { store, clock, told, bookOf, book: bookOf() };
}

for (const fault of ['ENOSPC', 'EIO'] as const) {
  describe(`a store that fails with ${fault}`, () => {
    it('refuses a change of the lists, and the lists in force are what they were', async () => {
      const { store } = setUp();
      const policy = {
        settings: DEFAULT_POLICY_SETTINGS,
        revision: 1,
        sources: [],
        problems: [],
      } as unknown as ConstructorParameters<typeof CommandLists>[0];
      const lists = new CommandLists(policy, store);
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

    it('counts a failure all the same, does not call it durable, and keeps it with the next one', async () => {
      const { store, book, bookOf } = setUp();
      store.fault = fault;
      for (let count = 0; count < 4; count++) {
        const kept = book.countFailure(ALICE, 'TPM2_Sign');
        assert.ok(kept !== undefined);
        await assert.rejects(kept, { symbol: 'TBS_E_INTERNAL_ERROR' });
      }
      assert.equal(book.gate(ALICE.userKey).open, false, 'a full disk opens no gate');
      store.fault = undefined;
      await book.countFailure(ALICE, 'TPM2_Sign');
      const restarted = bookOf();
      await restarted.restore();
      assert.equal(restarted.gate(ALICE.userKey).open, false, 'the failures of the bad time are kept as well');
    });
  });
}

for (const [name, jumpMs] of [
  ['forward', DAY_MS],
  ['back', -DAY_MS],
] as const) {
  describe(`a wall clock that jumps a day ${name}`, () => {
    it('neither opens the gate within a boot nor keeps it closed longer', async () => {
      const { book, clock } = setUp();
      for (let count = 0; count < 4; count++) await book.countFailure(ALICE, 'TPM2_Sign');
      assert.equal(book.gate(ALICE.userKey).open, false);
      clock.wallMs += jumpMs;
      assert.equal(book.gate(ALICE.userKey).open, false, 'nothing is forgotten');
      clock.advance(480 * 60_000 + 1);
      assert.equal(book.gate(ALICE.userKey).open, true, 'and nothing counts longer than the window');
    });

    it('loses nothing when the broker is restarted within the boot', async () => {
      const { book, bookOf, clock } = setUp();
      for (let count = 0; count < 4; count++) await book.countFailure(ALICE, 'TPM2_Sign');
      clock.wallMs += jumpMs;
      const restarted = bookOf();
      await restarted.restore();
      assert.equal(restarted.gate(ALICE.userKey).open, false);
      clock.advance(480 * 60_000 + 1);
      assert.equal(restarted.gate(ALICE.userKey).open, true);
    });

    it('an audit line tells the wall clock of its moment', () => {
      const { clock, told, book } = setUp();
      clock.wallMs += jumpMs;
      void book.countFailure(ALICE, 'TPM2_Sign');
      assert.equal(told[0]?.time, new Date(clock.wallMs).toISOString());
    });
  });
}
