import assert from 'node:assert/strict';
import { DirectoryBackup } from '../../../ts-core/application/owner-auth/directory-backup.js';
import { OwnerAuthRecords } from '../../../ts-core/application/owner-auth/owner-auth-record.js';
import type { DirectoryReceipt, OwnerAuthDirectory } from '../../../ts-core/application/ports/owner-auth-stores.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { policyOf } from '../../domain/filter/filter-fixtures.js';
import { FakeClock } from '../../support/fake-clock.js';
import { MemoryStore } from '../../support/memory-store.js';
import { recordedEvents } from '../../support/recorded-events.js';

const RECEIPT: DirectoryReceipt = { server: 'dc1.example.org', target: 'CN=host', form: 'windows8' };
const SECRET = Uint8Array.of(1, 2, 3);
const THUMBPRINT = Uint8Array.of(9);
const REFUSED = new TbsError('TBS_E_PROVISIONING_NOT_ALLOWED', { details: { reason: 'noRight' } });

function setUp(directory: Partial<OwnerAuthDirectory> | undefined) {
  const { events, told } = recordedEvents();
  const records = new OwnerAuthRecords(new MemoryStore());
  const backup = new DirectoryBackup({
    directory: directory as OwnerAuthDirectory | undefined,
    policy: () => policyOf({}),
    ...{ records, events, clock: new FakeClock() },
  });
  return { backup, records, told };
}

describe('the backup of the owner authorization to the directory', () => {
  it('writes the value as base64, and records where it went, without the value', async () => {
    const written: unknown[] = [];
    const commit = async (...sent: unknown[]) => {
      written.push(sent);
      return RECEIPT;
    };
    const { backup, records, told } = setUp({ commit });
    assert.deepEqual(await backup.commit(SECRET, THUMBPRINT), RECEIPT);
    assert.deepEqual(written, [['AQID', THUMBPRINT]]);
    assert.deepEqual(records.current.backup, {
      lastSuccess: { time: '2026-01-01T12:00:00.000Z', server: RECEIPT.server, target: RECEIPT.target },
      lastFailure: null,
      form: 'windows8',
    });
    assert.deepEqual(
      told.map(({ kind, details }) => [kind, details]),
      [['ownerAuthorization', RECEIPT]],
    );
    assert.doesNotMatch(JSON.stringify([told, records.current]), /AQID/);
  });

  it('has not succeeded after the first phase', async () => {
    const { backup, records, told } = setUp({ writePending: async () => RECEIPT });
    await backup.writePending(SECRET, THUMBPRINT);
    assert.deepEqual([records.current.backup.lastSuccess, told], [null, []]);
  });

  it('keeps the last success beside a failure, and forgets the failure at the next success', async () => {
    let fails = false;
    const { backup, records, told } = setUp({
      commit: async () => (fails ? Promise.reject(REFUSED) : RECEIPT),
    });
    await backup.commit(SECRET, THUMBPRINT);
    fails = true;
    await assert.rejects(backup.commit(SECRET, THUMBPRINT), REFUSED);
    const { lastSuccess, lastFailure, form } = records.current.backup;
    assert.deepEqual([lastSuccess?.server, lastFailure?.reason, form], [RECEIPT.server, 'noRight', 'windows8']);
    assert.deepEqual([told.at(-1)?.kind, told.at(-1)?.details['reason']], ['warning', 'noRight']);
    fails = false;
    await backup.commit(SECRET, THUMBPRINT);
    assert.equal(records.current.backup.lastFailure, null);
  });

  it('fails with its reason where no directory is configured, in each step', async () => {
    const { backup, records } = setUp(undefined);
    for (const step of [
      () => backup.check(),
      () => backup.writePending(SECRET, THUMBPRINT),
      () => backup.commit(SECRET, THUMBPRINT),
    ]) {
      await assert.rejects(step(), { symbol: 'TBS_E_PROVISIONING_NOT_ALLOWED' });
    }
    assert.equal(records.current.backup.lastFailure?.reason, 'notJoined');
  });

  it('turns an unknown failure into a refusal whose message does not carry it', async () => {
    const { backup, told } = setUp({ check: async () => Promise.reject(new Error('password is hunter2')) });
    await assert.rejects(backup.check(), (error: unknown) => {
      assert.ok(error instanceof TbsError);
      assert.deepEqual([error.symbol, error.details['reason']], ['TBS_E_PROVISIONING_NOT_ALLOWED', 'error']);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
    assert.doesNotMatch(JSON.stringify(told), /hunter2/);
  });
});
