import assert from 'node:assert/strict';
import type { LockoutService } from '../../../ts-core/application/lockout/lockout-service.js';
import { ManageOwnerAuth } from '../../../ts-core/application/owner-auth/manage-owner-auth.js';
import type { Remaining } from '../../../ts-core/application/owner-auth/owner-auth-change.js';
import type { OwnerAuthCoordinator } from '../../../ts-core/application/owner-auth/owner-auth-coordinator.js';
import type { Caller } from '../../../ts-core/domain/caller.js';
import type { OsManagedAuthLevel } from '../../../ts-core/domain/policy/settings.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { policyOf } from '../../domain/filter/filter-fixtures.js';
import { ALICE, ALICES_SANDBOX, ROOT } from '../../support/callers.js';
import { FakeOwnerTpm } from '../../support/fake-owner-tpm.js';
import { recordedEvents } from '../../support/recorded-events.js';

const [OWNER, NEXT, STORED] = [Uint8Array.of(0x01), Uint8Array.of(0x02), Uint8Array.of(0x03)];
const TYPES = { full: 1, admin: 2, user: 3, endorsement: 4, endorsement20: 12, storage20: 13 } as const;

interface Options {
  readonly version?: TpmVersion;
  readonly level?: OsManagedAuthLevel;
  readonly stored?: Readonly<Record<string, Uint8Array>>;
}

function setUp({ version = '2.0', level = 4, stored = {} }: Options = {}) {
  const { events, told } = recordedEvents();
  const tpm = new FakeOwnerTpm(OWNER.slice(), version);
  const log: string[] = [];
  const state = {
    backupMode: 'off',
    remaining: { kind: 'nothing' } as Remaining,
    hierarchies: { storage: 'closed', endorsement: 'closed' },
    inExclusive: false,
  };
  const note = (what: string, ...bytes: readonly (Uint8Array | undefined)[]) => {
    const values = bytes.map((value) => (value === undefined ? 'none' : Buffer.from(value).toString('hex')));
    log.push([what, ...values].join(' '));
  };
  const exclusively = (what: string, ...bytes: readonly (Uint8Array | undefined)[]) => {
    assert.equal(state.inExclusive, true, what);
    note(what, ...bytes);
  };
  const coordinator = {
    parts: {
      ...{ tpm, events, level: () => level, policy: () => policyOf({}) },
      secrets: {
        has: (name: string) => stored[name] !== undefined,
        get: async (name: string) => stored[name]?.slice(),
      },
      backup: {
        get mode() {
          return state.backupMode;
        },
      },
      hierarchies: { states: () => state.hierarchies },
      change: {
        change: async (current: Uint8Array, next: Uint8Array, to: number) => {
          exclusively(`change at level ${to}`, current, next);
          return state.remaining;
        },
        keep: async (value: Uint8Array, to: number) => exclusively(`keep at level ${to}`, value),
      },
    },
    exclusive: async (work: () => Promise<unknown>) => {
      state.inExclusive = true;
      return work().finally(() => {
        state.inExclusive = false;
      });
    },
    keptIsVerified: async () => note('verified'),
    currentOwnerAuth: async (given: Uint8Array | undefined) => given ?? OWNER,
    schedule: (remaining: Remaining) => note(`schedule ${remaining.kind}`),
    clear: async (auth: Uint8Array) => exclusively('clear', auth),
    applyLevel: async (to: number, next: Uint8Array | undefined) => exclusively(`level ${to}`, next),
  } as unknown as OwnerAuthCoordinator;
  const lockout = {
    reset: async (of: unknown) => {
      note(`forget ${of ?? 'all'}`);
      return 3;
    },
  } as unknown as LockoutService;
  return { ownerAuth: new ManageOwnerAuth(coordinator, lockout), tpm, log, told, state };
}

describe('setting the owner authorization', () => {
  it('changes it from the given value or the stored one, and reports how it is backed up', async () => {
    const { ownerAuth, log, state, told } = setUp({ stored: { owner: STORED } });
    assert.deepEqual(await ownerAuth.set(ROOT, NEXT, STORED), { kept: true, backup: 'off' });
    state.backupMode = 'required';
    assert.deepEqual(await ownerAuth.set(ROOT, undefined, NEXT), { kept: true, backup: 'done' });
    state.remaining = { kind: 'backup' };
    assert.deepEqual(await ownerAuth.set(ROOT, undefined, NEXT), { kept: true, backup: 'pending' });
    const settled = ['schedule nothing', 'schedule nothing', 'schedule backup'];
    assert.deepEqual(
      log.filter((line) => line.startsWith('schedule')),
      settled,
    );
    assert.deepEqual(log.slice(0, 1), ['change at level 4 02 03']);
    assert.ok(told.every(({ userKey }) => userKey === ROOT.userKey));
    assert.doesNotMatch(JSON.stringify(told), /0203|AgM/);
  });

  it('is refused on a TPM 1.2 without an owner, whatever is asked', async () => {
    const { ownerAuth, tpm, log } = setUp({ version: '1.2' });
    tpm.state.owned = false;
    const refused = { symbol: 'TBS_E_PROVISIONING_INCOMPLETE' };
    await assert.rejects(ownerAuth.set(ROOT, OWNER, NEXT), refused);
    await assert.rejects(ownerAuth.import(ROOT, OWNER), refused);
    await assert.rejects(ownerAuth.clear(ROOT, OWNER), refused);
    assert.deepEqual([log, tpm.attempts], [[], []]);
  });
});

describe('importing the owner authorization', () => {
  it('stores a value that the TPM has accepted', async () => {
    const { ownerAuth, log, tpm, told } = setUp();
    await ownerAuth.import(ROOT, OWNER);
    assert.match(told.at(-1)?.message ?? '', /imported/);
    assert.deepEqual([tpm.attempts, log], [['changeOwnerAuth -> 01 with 01'], ['keep at level 4 01']]);
  });

  it('stores nothing that the TPM has rejected', async () => {
    const { ownerAuth, log, told } = setUp();
    await assert.rejects(ownerAuth.import(ROOT, NEXT), { symbol: 'TPM_20_E_AUTH_FAIL' });
    assert.deepEqual([log, told], [[], []]);
  });

  it('tries nothing where the level would store nothing of it', async () => {
    for (const [version, level, isRefused] of [
      ['2.0', 0, true],
      ['2.0', 2, true],
      ['2.0', 5, false],
      ['1.2', 0, true],
      ['1.2', 2, false],
    ] as const) {
      const { ownerAuth, tpm } = setUp({ version, level });
      const importing = ownerAuth.import(ROOT, OWNER);
      if (isRefused) await assert.rejects(importing, { symbol: 'TBS_E_PROVISIONING_NOT_ALLOWED' });
      else await importing;
      assert.equal(tpm.attempts.length, isRefused ? 0 : 1, `${version} at level ${level}`);
    }
  });
});

describe('reading a stored owner authorization', () => {
  const stored = {
    ...{ owner: STORED, storage: STORED, endorsement: STORED },
    ...{ administratorDelegation: STORED, userDelegation: STORED, endorsementDelegation: STORED },
  };

  it('is for administrators, except for the users’ delegation, and never for sandboxed programs', async () => {
    const { ownerAuth } = setUp({ version: '1.2', stored });
    const may = async (caller: Caller, type: number) =>
      ownerAuth.get(caller, type).then(
        () => true,
        (error: { symbol: string }) => {
          assert.equal(error.symbol, 'TBS_E_ACCESS_DENIED');
          return false;
        },
      );
    for (const [type, rights] of [
      [TYPES.full, [true, false, false]],
      [TYPES.admin, [true, false, false]],
      [TYPES.user, [true, true, false]],
      [TYPES.endorsement, [true, false, false]],
    ] as const) {
      const found = [];
      for (const caller of [ROOT, ALICE, ALICES_SANDBOX]) found.push(await may(caller, type));
      assert.deepEqual(found, rights, `type ${type}`);
    }
  });

  it('is verified first, and reported without the value', async () => {
    const { ownerAuth, log, told } = setUp({ stored });
    assert.deepEqual(await ownerAuth.get(ROOT, TYPES.full), STORED);
    assert.deepEqual(log, ['verified']);
    assert.deepEqual(
      told.map(({ userKey, details }) => [userKey, details]),
      [[ROOT.userKey, { type: 'Full' }]],
    );
  });

  it('knows only the types of its TPM', async () => {
    for (const [version, type] of [
      ['2.0', TYPES.admin],
      ['1.2', TYPES.storage20],
      ['2.0', 0],
      ['2.0', 99],
    ] as const) {
      const { ownerAuth } = setUp({ version, stored });
      await assert.rejects(ownerAuth.get(ROOT, type), { symbol: 'TBS_E_BAD_PARAMETER' });
    }
  });

  it('finds nothing where nothing is stored, and reports no reading', async () => {
    const { ownerAuth, told } = setUp();
    await assert.rejects(ownerAuth.get(ROOT, TYPES.full), { symbol: 'TBS_E_OWNERAUTH_NOT_FOUND' });
    assert.deepEqual(told, []);
  });

  it('returns the empty value of an open hierarchy, if the level stores that of closed ones', async () => {
    const { ownerAuth, state } = setUp({ stored });
    assert.deepEqual(await ownerAuth.get(ROOT, TYPES.storage20), STORED);
    state.hierarchies.storage = 'open';
    assert.deepEqual(await ownerAuth.get(ROOT, TYPES.storage20), new Uint8Array());
    assert.deepEqual(await ownerAuth.get(ROOT, TYPES.endorsement20), STORED);
    const atNone = setUp({ level: 0 });
    atNone.state.hierarchies.storage = 'open';
    await assert.rejects(atNone.ownerAuth.get(ROOT, TYPES.storage20), { symbol: 'TBS_E_OWNERAUTH_NOT_FOUND' });
  });
});

describe('clearing and unblocking the TPM', () => {
  it('clears with the given value or the stored one', async () => {
    const { ownerAuth, log } = setUp();
    await ownerAuth.clear(ROOT, NEXT);
    await ownerAuth.clear(ROOT, undefined);
    assert.deepEqual(log, ['clear 02', 'clear 01']);
  });

  it('resets the TPM’s lockout, and then forgets the failures of all users', async () => {
    const { ownerAuth, tpm, log, told } = setUp();
    await ownerAuth.unblock(ROOT, undefined);
    assert.deepEqual([tpm.attempts, log], [['resetLockout with 01'], ['forget all']]);
    assert.deepEqual(told.at(-1)?.details, { forgotten: 3 });
  });

  it('forgets nothing if the TPM rejects the value', async () => {
    const { ownerAuth, log, told } = setUp();
    await assert.rejects(ownerAuth.unblock(ROOT, NEXT), { symbol: 'TPM_20_E_AUTH_FAIL' });
    assert.deepEqual([log, told], [[], []]);
  });

  it('unblocks a TPM 1.2 with the administrators’ delegation where the owner’s secret is not stored', async () => {
    for (const [stored, given, isDelegated] of [
      [{ administratorDelegation: STORED }, undefined, true],
      [{ administratorDelegation: STORED, owner: OWNER }, undefined, false],
      [{ administratorDelegation: STORED }, OWNER, false],
      [{}, undefined, false],
    ] as const) {
      const { ownerAuth, tpm } = setUp({ version: '1.2', stored });
      const delegated: Uint8Array[] = [];
      Object.assign(tpm, { resetLockoutDelegated: async (delegation: Uint8Array) => delegated.push(delegation) });
      await ownerAuth.unblock(ROOT, given);
      assert.deepEqual([delegated.length, tpm.attempts.length], isDelegated ? [1, 0] : [0, 1]);
    }
  });
});

describe('a change of the level', () => {
  const origin = { kind: 'local' } as const;
  const change = (from: OsManagedAuthLevel, to: OsManagedAuthLevel, more = {}) => ({
    ...{ from: { level: from, origin }, to, newOwnerAuth: undefined, force: false },
    ...more,
  });

  it('is refused if it creates a value that would be stored nowhere, unless that is accepted', async () => {
    const { ownerAuth, log, state } = setUp({ stored: { owner: OWNER } });
    await assert.rejects(ownerAuth.levelChanges(change(4, 2)), {
      symbol: 'TBS_E_BAD_PARAMETER',
      details: { parameter: 'newOwnerAuth' },
    });
    assert.deepEqual(log, []);
    await ownerAuth.levelChanges(change(4, 2, { force: true }));
    await ownerAuth.levelChanges(change(4, 2, { newOwnerAuth: NEXT }));
    state.backupMode = 'required';
    await ownerAuth.levelChanges(change(4, 2));
    assert.deepEqual(log, ['level 2 none', 'level 2 02', 'level 2 none']);
  });

  it('is applied without acceptance if no value is stored or none is created', async () => {
    const without = setUp();
    await without.ownerAuth.levelChanges(change(4, 2));
    const upwards = setUp({ stored: { owner: OWNER } });
    await upwards.ownerAuth.levelChanges(change(2, 4));
    assert.deepEqual([without.log, upwards.log], [['level 2 none'], ['level 4 none']]);
  });
});
