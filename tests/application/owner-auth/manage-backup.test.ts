import assert from 'node:assert/strict';
import { ManageBackup } from '../../../ts-core/application/owner-auth/manage-backup.js';
import type { Remaining } from '../../../ts-core/application/owner-auth/owner-auth-change.js';
import type { OwnerAuthCoordinator } from '../../../ts-core/application/owner-auth/owner-auth-coordinator.js';
import type { BackupRecord } from '../../../ts-core/application/owner-auth/owner-auth-record.js';
import { ROOT } from '../../support/callers.js';
import { FakeOwnerTpm } from '../../support/fake-owner-tpm.js';
import { recordedEvents } from '../../support/recorded-events.js';

const OWNER = Uint8Array.of(0x01);
const GIVEN = Uint8Array.of(0x02);
const NO_RECORD: BackupRecord = { lastSuccess: null, lastFailure: null, form: null };

function setUp({ isStored = true, isPending = false } = {}) {
  const { events, told } = recordedEvents();
  const tpm = new FakeOwnerTpm(GIVEN);
  const backedUp: Uint8Array[] = [];
  const settled: Remaining[] = [];
  const state = { pending: isPending, inExclusive: false, recovers: true, record: NO_RECORD };
  const coordinator = {
    parts: {
      ...{ tpm, events, level: () => 4 },
      backup: { mode: 'required', check: async () => ({ server: 'dc' }) },
      records: {
        get current() {
          return { backup: state.record };
        },
      },
      secrets: { has: () => state.pending, get: async () => (isStored ? OWNER : undefined) },
      change: {
        recover: async (level: number) => {
          assert.deepEqual([level, state.inExclusive], [4, true]);
          state.pending = !state.recovers;
          return { kind: state.recovers ? 'nothing' : 'backup' };
        },
        backUpKept: async (value: Uint8Array) => {
          assert.equal(state.inExclusive, true);
          backedUp.push(value);
        },
      },
    },
    schedule: (remaining: Remaining) => settled.push(remaining),
    exclusive: async (work: () => Promise<void>) => {
      state.inExclusive = true;
      await work().finally(() => {
        state.inExclusive = false;
      });
    },
  } as unknown as OwnerAuthCoordinator;
  return { backup: new ManageBackup(coordinator), tpm, backedUp, settled, state, told };
}

describe('the backup of the owner authorization on request', () => {
  it('backs up the stored value without trying it', async () => {
    const { backup, tpm, backedUp, told } = setUp();
    assert.deepEqual(await backup.run(ROOT, undefined), { ...NO_RECORD, mode: 'required', pending: false });
    assert.deepEqual([backedUp, tpm.attempts], [[OWNER], []]);
    assert.deepEqual(
      told.map(({ userKey }) => userKey),
      [ROOT.userKey],
    );
  });

  it('tries a given value once before the directory gets it', async () => {
    const { backup, tpm, backedUp } = setUp();
    await backup.run(ROOT, GIVEN);
    assert.deepEqual([backedUp, tpm.attempts], [[GIVEN], ['changeOwnerAuth -> 02 with 02']]);
    const wrong = setUp();
    await assert.rejects(wrong.backup.run(ROOT, OWNER), { symbol: 'TPM_20_E_AUTH_FAIL' });
    assert.deepEqual([wrong.backedUp, wrong.told, wrong.tpm.attempts.length], [[], [], 1]);
  });

  it('needs a value', async () => {
    const { backup, backedUp } = setUp({ isStored: false });
    await assert.rejects(backup.run(ROOT, undefined), { symbol: 'TBS_E_OWNERAUTH_NOT_FOUND' });
    assert.deepEqual(backedUp, []);
  });

  it('finishes a change that waits for the directory', async () => {
    const { backup, settled, backedUp } = setUp({ isPending: true });
    assert.equal((await backup.run(ROOT, undefined)).pending, false);
    assert.deepEqual([settled, backedUp], [[{ kind: 'nothing' }], []]);
  });

  it('fails with the directory’s reason if the change still waits', async () => {
    const { backup, settled, state, told } = setUp({ isPending: true });
    state.recovers = false;
    state.record = { ...NO_RECORD, lastFailure: { time: '', reason: 'noRight', message: 'The directory refused.' } };
    await assert.rejects(backup.run(ROOT, undefined), {
      symbol: 'TBS_E_PROVISIONING_NOT_ALLOWED',
      message: 'The directory refused.',
      details: { reason: 'noRight' },
    });
    assert.deepEqual([settled, told], [[{ kind: 'backup' }], []]);
  });

  it('reports what is recorded and whether something is pending', () => {
    const { backup, state } = setUp({ isPending: true });
    state.record = { ...NO_RECORD, form: 'windows8' };
    assert.deepEqual(backup.get(), { ...state.record, mode: 'required', pending: true });
  });

  it('is tested without a change', async () => {
    const { backup, tpm, backedUp } = setUp();
    assert.deepEqual(await backup.test(), { server: 'dc' });
    assert.deepEqual([tpm.attempts, backedUp], [[], []]);
  });
});
