import assert from 'node:assert/strict';
import type { PendingCommand } from '../../../ts-core/application/commands/pending-command.js';
import type { Remaining } from '../../../ts-core/application/owner-auth/owner-auth-change.js';
import {
  OwnerAuthCoordinator,
  type OwnerAuthCoordinatorParts,
} from '../../../ts-core/application/owner-auth/owner-auth-coordinator.js';
import { OwnerAuthRecords } from '../../../ts-core/application/owner-auth/owner-auth-record.js';
import type { OsManagedAuthLevel } from '../../../ts-core/domain/policy/settings.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { TPM_CC, TPM_RH } from '../../../ts-core/domain/tpm20/codes.js';
import { policyOf, STRICT_GPO } from '../../domain/filter/filter-fixtures.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeOwnerTpm } from '../../support/fake-owner-tpm.js';
import { MemoryStore } from '../../support/memory-store.js';
import { pendingCommand } from '../../support/pending-command.js';
import { quietLog } from '../../support/quiet-log.js';
import { recordedEvents } from '../../support/recorded-events.js';
import { clear, command, getRandom, u32 } from '../../support/tpm20-commands.js';

const [OWNER, NEXT] = [Uint8Array.of(0x01), Uint8Array.of(0x02)];
const MINUTE_MS = 60_000;
const NOTHING: Remaining = { kind: 'nothing' };

/** Resolves after all pending promise callbacks have run. */
const settled = () => new Promise(setImmediate);

function setUp({ stored = OWNER as Uint8Array | null } = {}) {
  const clock = new FakeClock();
  const { events, told } = recordedEvents(clock);
  const store = new MemoryStore();
  const tpm = new FakeOwnerTpm(OWNER.slice());
  const log = quietLog();
  const did: string[] = [];
  const state = {
    level: 4 as OsManagedAuthLevel,
    remaining: NOTHING as Remaining,
    recoveryFails: false,
    isMarked: false,
    backupMode: 'off',
  };
  const note = (what: string) => void did.push(what);
  const parts = {
    ...{ tpm, events, clock, log, records: new OwnerAuthRecords(store), level: () => state.level },
    policy: () => policyOf({ activeDirectoryBackup: true }, STRICT_GPO),
    secrets: {
      open: async () => note('open'),
      close: () => note('close'),
      get: async () => stored?.slice(),
      wipe: (name: string) => note(`wipe ${name}`),
      rotateKey: async () => note('rotate'),
    },
    change: {
      recover: async (level: number) => {
        note(`recover at level ${level}`);
        if (state.recoveryFails) throw new TbsError('TBS_E_IOERROR');
        return state.remaining;
      },
      change: async (_current: Uint8Array, next: Uint8Array, to: number) => {
        note(`change to ${next[0]} at level ${to}`);
        return state.remaining;
      },
    },
    hierarchies: { openBeforeWiping: async (name: string) => note(`open ${name}`) },
    backup: {
      get mode() {
        return state.backupMode;
      },
    },
    externalChanges: {
      get isMarked() {
        return state.isMarked;
      },
      resolve: async () => note('resolve'),
      during: async (work: () => Promise<void>) => {
        note('during');
        await work();
      },
    },
    crypto: { randomBytes: (length: number) => new Uint8Array(length).fill(9) },
    lockoutWatch: { commandEnded: (kind: string) => note(kind) },
  } as unknown as OwnerAuthCoordinatorParts;
  const coordinator = new OwnerAuthCoordinator(parts);
  /** Returns the actions since the previous call. */
  const taken = () => did.splice(0);
  return { coordinator, clock, tpm, state, log, told, store, taken, records: parts.records };
}

describe('work on the owner authorization', () => {
  it('runs one task at a time, after what others changed is known', async () => {
    const { coordinator, taken } = setUp();
    const order: string[] = [];
    const task = (name: string) =>
      coordinator.exclusive(async () => {
        order.push(`${name} begins`);
        await settled();
        order.push(`${name} ends`);
      });
    await Promise.all([task('first'), task('second')]);
    assert.deepEqual(order, ['first begins', 'first ends', 'second begins', 'second ends']);
    assert.deepEqual(taken(), ['resolve', 'resolve']);
  });

  it('starts by opening the secrets and finishing what a crash interrupted, before any request', async () => {
    const { coordinator, taken } = setUp();
    const started = coordinator.start();
    await coordinator.exclusive(async () =>
      assert.deepEqual(taken(), ['open', 'resolve', 'recover at level 4', 'resolve']),
    );
    await started;
  });

  it('is refused while an interrupted change waits for the TPM, and allowed once that is over', async () => {
    const { coordinator, state, clock } = setUp();
    state.remaining = { kind: 'recovery', waitSeconds: 60 };
    await coordinator.start();
    assert.equal(coordinator.isUnsettled, true);
    const refused = { symbol: 'TBS_E_PROVISIONING_INCOMPLETE', details: { reason: 'recovering' } };
    await assert.rejects(
      coordinator.exclusive(async () => assert.fail('not while it is unsettled')),
      refused,
    );
    state.remaining = NOTHING;
    clock.advance(61_000);
    await settled();
    assert.equal(await coordinator.exclusive(async () => 'done'), 'done');
  });

  it('counts a wrong value as one in a caller’s command, and nothing else', async () => {
    const { coordinator, taken } = setUp();
    const failing = (symbol: 'TPM_20_E_AUTH_FAIL' | 'TPM_E_AUTHFAIL' | 'TBS_E_IOERROR') =>
      assert.rejects(
        coordinator.exclusive(async () => {
          throw new TbsError(symbol);
        }),
        { symbol },
      );
    await failing('TBS_E_IOERROR');
    await failing('TPM_20_E_AUTH_FAIL');
    await failing('TPM_E_AUTHFAIL');
    assert.deepEqual(
      taken().filter((step) => step !== 'resolve'),
      ['authorizationFailure', 'authorizationFailure'],
    );
  });

  it('verifies the stored material only if somebody may have changed it', async () => {
    const { coordinator, state, taken } = setUp();
    await coordinator.keptIsVerified();
    assert.deepEqual(taken(), []);
    state.isMarked = true;
    await coordinator.keptIsVerified();
    assert.deepEqual(taken(), ['resolve']);
  });
});

describe('what a change has left to do', () => {
  it('is retried after a minute, then after ever longer times, at most an hour', async () => {
    const { coordinator, state, clock, taken } = setUp();
    state.remaining = { kind: 'backup' };
    await coordinator.start();
    taken();
    for (const minutes of [1, 2, 4, 8, 16, 32, 60, 60]) {
      clock.advance(minutes * MINUTE_MS - 1);
      await settled();
      assert.deepEqual(taken(), [], `before ${minutes} minutes`);
      clock.advance(1);
      await settled();
      assert.ok(taken().includes('recover at level 4'), `after ${minutes} minutes`);
      assert.equal(clock.pendingTimers(), 1);
    }
    state.remaining = NOTHING;
    clock.advance(60 * MINUTE_MS);
    await settled();
    assert.equal(clock.pendingTimers(), 0);
    coordinator.schedule({ kind: 'backup' });
    taken();
    clock.advance(MINUTE_MS);
    await settled();
    assert.ok(taken().includes('recover at level 4'), 'begins with a minute again');
  });

  it('waits for a reset without a timer if only that helps', async () => {
    const { coordinator, clock } = setUp();
    coordinator.schedule({ kind: 'recovery', waitSeconds: null });
    assert.deepEqual([coordinator.isUnsettled, clock.pendingTimers()], [true, 0]);
  });

  it('is retried if it fails, which is logged and never rejects', async () => {
    const { coordinator, state, clock, log, taken } = setUp();
    state.recoveryFails = true;
    await coordinator.start();
    assert.deepEqual([log.lines.length, clock.pendingTimers()], [1, 1]);
    state.recoveryFails = false;
    taken();
    clock.advance(MINUTE_MS);
    await settled();
    assert.deepEqual([taken().includes('recover at level 4'), clock.pendingTimers()], [true, 0]);
  });

  it('is not retried after the end', async () => {
    const { coordinator, state, clock, taken } = setUp();
    state.remaining = { kind: 'backup' };
    await coordinator.start();
    coordinator.stop();
    assert.deepEqual([clock.pendingTimers(), taken().at(-1)], [0, 'close']);
  });
});

describe('following the level', () => {
  it('records the first level without a change', async () => {
    const { coordinator, taken, records } = setUp();
    await coordinator.applyLevel(2);
    assert.deepEqual([taken(), records.current.appliedLevel], [[], 2]);
  });

  it('opens the hierarchies before their values are wiped, and rotates the key where the level is lower', async () => {
    const { coordinator, taken, records } = setUp();
    await coordinator.applyLevel(4);
    await coordinator.applyLevel(0);
    const opened = ['open storage', 'open endorsement'];
    assert.deepEqual(taken(), [...opened, 'wipe owner', 'wipe storage', 'wipe endorsement', 'rotate']);
    assert.equal(records.current.appliedLevel, 0);
    await coordinator.applyLevel(4);
    assert.deepEqual(taken(), [], 'a higher level takes nothing away');
  });

  it('sets a new value when it is delegated, the given or a random one, and reports that nobody has a random one', async () => {
    for (const [given, byte, warnings] of [
      [undefined, 9, 1],
      [NEXT, 2, 0],
    ] as const) {
      const { coordinator, taken, told } = setUp();
      await coordinator.applyLevel(4);
      await coordinator.applyLevel(2, given);
      assert.deepEqual(taken(), [`change to ${byte} at level 2`, 'wipe owner', 'rotate']);
      assert.equal(told.filter(({ kind }) => kind === 'warning').length, warnings);
      if (given !== undefined) assert.deepEqual(given, Uint8Array.of(0x02), 'left to its caller');
    }
  });

  it('changes nothing in the TPM if the level could not be recorded afterwards', async () => {
    const { coordinator, taken, store } = setUp();
    await coordinator.applyLevel(4);
    store.put = async () => Promise.reject(new Error('the disk is full'));
    await assert.rejects(coordinator.applyLevel(2), /the disk is full/);
    assert.deepEqual(taken(), []);
  });

  it('does nothing for the level that is in force', async () => {
    const { coordinator, taken, told } = setUp();
    await coordinator.applyLevel(4);
    await coordinator.applyLevel(4);
    assert.deepEqual([taken(), told], [[], []]);
  });
});

describe('the authorization to use', () => {
  it('is the given one, else the stored one, else the empty one of a TPM that has none', async () => {
    const { coordinator } = setUp();
    assert.deepEqual(await coordinator.currentOwnerAuth(NEXT), NEXT);
    assert.deepEqual(await coordinator.currentOwnerAuth(undefined), OWNER);
    const without = setUp({ stored: null });
    await assert.rejects(without.coordinator.currentOwnerAuth(undefined), { symbol: 'TBS_E_OWNERAUTH_NOT_FOUND' });
    without.tpm.state.owned = false;
    assert.deepEqual(await without.coordinator.currentOwnerAuth(undefined), new Uint8Array());
  });

  it('of a new owner is random and as long as SHA-1', () => {
    assert.deepEqual(setUp().coordinator.randomOwnerAuth(), new Uint8Array(20).fill(9));
  });
});

describe('a raw command that changes the owner authorization', () => {
  const submitted = (bytes: Uint8Array): PendingCommand => pendingCommand({ command: bytes }).pending;

  it('is refused where policy requires a backup, naming the source and the cmdlet to use', () => {
    const { coordinator, state } = setUp();
    assert.equal(coordinator.refusalOf(submitted(clear())), undefined);
    state.backupMode = 'optional';
    assert.equal(coordinator.refusalOf(submitted(clear())), undefined);
    state.backupMode = 'required';
    const changing = command('HierarchyChangeAuth', u32(TPM_RH.LOCKOUT));
    const refusal = coordinator.refusalOf(submitted(changing));
    assert.equal(refusal?.symbol, 'TBS_E_PROVISIONING_NOT_ALLOWED');
    assert.match(refusal?.action ?? '', /Set-TpmOwnerAuth/);
    assert.equal(refusal?.details['use'], 'Set-TpmOwnerAuth');
  });

  it('is not refused if it changes something else', () => {
    const { coordinator, state } = setUp();
    state.backupMode = 'required';
    assert.equal(coordinator.refusalOf(submitted(getRandom(8))), undefined);
    const ofEndorsement = command('HierarchyChangeAuth', u32(TPM_RH.ENDORSEMENT));
    assert.equal(submitted(ofEndorsement).header.code, TPM_CC.HierarchyChangeAuth);
    assert.equal(coordinator.refusalOf(submitted(ofEndorsement)), undefined);
  });
});

describe('clearing the TPM', () => {
  it('voids the stored material together with the clear', async () => {
    const { coordinator, taken, tpm } = setUp();
    await coordinator.clear(OWNER);
    assert.deepEqual([taken(), tpm.attempts], [['during'], ['clear with 01']]);
  });
});
