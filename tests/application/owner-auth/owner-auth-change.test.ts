/** Tests the order in which a change of the owner authorization reaches directory, disk and TPM, and its recovery. */
import assert from 'node:assert/strict';
import type { DirectoryBackup } from '../../../ts-core/application/owner-auth/directory-backup.js';
import { KeptSecrets } from '../../../ts-core/application/owner-auth/kept-secrets.js';
import { OwnerAuthChange } from '../../../ts-core/application/owner-auth/owner-auth-change.js';
import { OwnerAuthRecords } from '../../../ts-core/application/owner-auth/owner-auth-record.js';
import type { BackupMode } from '../../../ts-core/domain/owner-auth/backup-mode.js';
import { decodePendingChange } from '../../../ts-core/domain/owner-auth/pending-change.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import type { Crypto12 } from '../../../ts-core/domain/tpm12/crypto12.js';
import { FakeOwnerTpm } from '../../support/fake-owner-tpm.js';
import { MemoryOwnerAuthFiles } from '../../support/memory-owner-auth-files.js';
import { MemoryStore } from '../../support/memory-store.js';
import { quietLog } from '../../support/quiet-log.js';
import { recordedEvents } from '../../support/recorded-events.js';

const value = (byte: number) => new Uint8Array(20).fill(byte);
const [OLD, NEW, OTHER] = [value(0x01), value(0x02), value(0x03)];
const REFUSED = new TbsError('TBS_E_PROVISIONING_NOT_ALLOWED', { details: { reason: 'noRights' } });

interface Options {
  readonly version?: TpmVersion;
  readonly mode?: BackupMode;
  readonly tpmHas?: Uint8Array;
}

function setUp({ version = '2.0', mode = 'off', tpmHas = OLD }: Options = {}) {
  const tpm = new FakeOwnerTpm(tpmHas.slice(), version);
  const { events, told } = recordedEvents();
  const log = quietLog();
  const crypto = { randomBytes: (length: number) => new Uint8Array(length).fill(9) } as unknown as Crypto12;
  const secrets = new KeptSecrets({ files: new MemoryOwnerAuthFiles(), tpm, crypto, log });
  const records = new OwnerAuthRecords(new MemoryStore());
  const directory: string[] = [];
  const failing = new Set<string>();
  const step = (name: string) => async (bytes: Uint8Array) => {
    directory.push(`${name} ${bytes[0]}`);
    if (failing.has(name)) throw REFUSED;
  };
  const backup = { mode, writePending: step('pending'), commit: step('final') } as unknown as DirectoryBackup;
  const change = new OwnerAuthChange({ tpm, secrets, records, backup, events, log });
  return {
    ...{ change, tpm, secrets, records, directory, failing, told, log },
    /** Simulates a crash during a change: nobody knows whether the TPM has the new value. */
    crashed: () => interrupted(change, tpm, mode === 'off' ? 0 : 1),
    phase: async () => decodePendingChange((await secrets.get('pending')) ?? new Uint8Array())?.phase,
  };
}

/** Breaks the connection after `proofs` attempts of a change; with a backup, the first attempt proves the old value. */
async function interrupted(change: OwnerAuthChange, tpm: FakeOwnerTpm, proofs = 0): Promise<void> {
  tpm.breaks = 'before';
  tpm.unharmedAttempts = proofs;
  await assert.rejects(change.change(OLD.slice(), NEW.slice(), 4), { symbol: 'TBS_E_IOERROR' });
  tpm.breaks = undefined;
  tpm.unharmedAttempts = 0;
  tpm.attempts.length = 0;
}

describe('changing the owner authorization', () => {
  it('stores the new value if the level permits, and leaves nothing pending', async () => {
    const { change, tpm, secrets, directory, told } = setUp();
    assert.deepEqual(await change.change(OLD.slice(), NEW.slice(), 4), { kind: 'nothing' });
    assert.deepEqual([tpm.auth, await secrets.get('owner'), secrets.has('pending')], [NEW, NEW, false]);
    assert.deepEqual([tpm.attempts, directory], [['changeOwnerAuth -> 0202 with 0101'], []]);
    assert.deepEqual(
      told.map(({ kind }) => kind),
      ['ownerAuthorization'],
    );
  });

  it('wipes what the level does not store', async () => {
    const { change, secrets } = setUp();
    for (const name of ['owner', 'storage'] as const) await secrets.put(name, OTHER);
    await change.change(OLD.slice(), NEW.slice(), 0);
    assert.deepEqual([secrets.has('owner'), secrets.has('storage')], [false, false]);
  });

  it('is on disk before the TPM changes', async () => {
    const { change, tpm, phase } = setUp();
    await interrupted(change, tpm);
    assert.equal(await phase(), 'changing');
    assert.deepEqual(tpm.auth, OLD);
  });

  it('tries a wrong value once, and changes nothing', async () => {
    const { change, tpm, secrets } = setUp({ tpmHas: OTHER });
    await secrets.put('owner', OTHER);
    await assert.rejects(change.change(OLD.slice(), NEW.slice(), 4), { symbol: 'TPM_20_E_AUTH_FAIL' });
    assert.equal(tpm.attempts.length, 1);
    assert.deepEqual([await secrets.get('owner'), secrets.has('pending')], [OTHER, false]);
  });

  it('is not pending if the TPM is locked out and did not try it', async () => {
    const { change, tpm, secrets } = setUp();
    tpm.isLockedOut = true;
    await assert.rejects(change.change(OLD.slice(), NEW.slice(), 4), { symbol: 'TPM_20_E_LOCKOUT' });
    assert.equal(secrets.has('pending'), false);
  });

  it('proves the old value and announces the new one to the directory before it changes the TPM', async () => {
    const { change, tpm, directory } = setUp({ mode: 'required' });
    assert.deepEqual(await change.change(OLD.slice(), NEW.slice(), 4), { kind: 'nothing' });
    assert.deepEqual(tpm.attempts, ['changeOwnerAuth -> 0101 with 0101', 'changeOwnerAuth -> 0202 with 0101']);
    assert.deepEqual(directory, ['pending 2', 'final 2']);
  });

  it('sends no value to the directory if the old one is wrong', async () => {
    const { change, directory } = setUp({ mode: 'required', tpmHas: OTHER });
    await assert.rejects(change.change(OLD.slice(), NEW.slice(), 4), { symbol: 'TPM_20_E_AUTH_FAIL' });
    assert.deepEqual(directory, []);
  });

  it('does not happen without a backup that is required', async () => {
    const { change, tpm, failing, secrets } = setUp({ mode: 'required' });
    failing.add('pending');
    await assert.rejects(change.change(OLD.slice(), NEW.slice(), 4), REFUSED);
    assert.deepEqual([tpm.auth, secrets.has('pending')], [OLD, false]);
  });

  it('happens without a backup that is optional, which is then owed in full', async () => {
    const { change, tpm, failing, directory, phase } = setUp({ mode: 'optional' });
    failing.add('pending');
    assert.deepEqual(await change.change(OLD.slice(), NEW.slice(), 4), { kind: 'backup' });
    assert.deepEqual([tpm.auth, await phase()], [NEW, 'unbacked']);
    failing.clear();
    directory.length = 0;
    assert.deepEqual(await change.recover(4), { kind: 'nothing' });
    assert.deepEqual(directory, ['pending 2', 'final 2']);
  });

  it('owes only the second phase if the directory has the pending value already', async () => {
    const { change, failing, directory, phase, secrets, log } = setUp({ mode: 'required' });
    failing.add('final');
    assert.deepEqual(await change.change(OLD.slice(), NEW.slice(), 4), { kind: 'backup' });
    assert.deepEqual([await phase(), log.lines.length], ['committing', 1]);
    failing.clear();
    directory.length = 0;
    assert.deepEqual(await change.recover(4), { kind: 'nothing' });
    assert.deepEqual([directory, secrets.has('pending')], [['final 2'], false]);
  });

  it('creates the delegations of a TPM 1.2 anew, voids the former family, and stores what the level permits', async () => {
    const { change, tpm, secrets, records } = setUp({ version: '1.2' });
    await change.change(OLD.slice(), NEW.slice(), 2);
    await change.change(NEW.slice(), OTHER.slice(), 2);
    assert.deepEqual([tpm.voided, records.current.family], [[undefined, 1], { id: 2 }]);
    assert.deepEqual([secrets.has('owner'), await secrets.get('userDelegation')], [false, Uint8Array.of(2, 2)]);
    await change.keep(OTHER.slice(), 0);
    assert.equal(secrets.has('userDelegation'), false);
  });
});

describe('recovering a change that a crash interrupted', () => {
  it('does nothing if none was', async () => {
    const { change, tpm } = setUp();
    assert.deepEqual([await change.recover(4), tpm.attempts], [{ kind: 'nothing' }, []]);
  });

  it('finds that the TPM has the new value, and stores it', async () => {
    const { change, tpm, secrets } = setUp();
    tpm.breaks = 'after';
    await assert.rejects(change.change(OLD.slice(), NEW.slice(), 4), { symbol: 'TBS_E_IOERROR' });
    tpm.breaks = undefined;
    tpm.attempts.length = 0;
    assert.deepEqual(await change.recover(4), { kind: 'nothing' });
    assert.deepEqual(tpm.attempts, ['changeOwnerAuth -> 0202 with 0202']);
    assert.deepEqual([await secrets.get('owner'), secrets.has('pending')], [NEW, false]);
  });

  it('tries the old value once after the new one, and completes the change with it', async () => {
    const { change, tpm, secrets, crashed } = setUp();
    await crashed();
    assert.deepEqual(await change.recover(4), { kind: 'nothing' });
    assert.deepEqual(tpm.attempts, ['changeOwnerAuth -> 0202 with 0202', 'changeOwnerAuth -> 0202 with 0101']);
    assert.deepEqual([tpm.auth, await secrets.get('owner')], [NEW, NEW]);
  });

  it('does not try the new value again once the TPM has rejected it', async () => {
    const { change, tpm, phase, crashed } = setUp();
    await crashed();
    tpm.locksAfter = 1;
    tpm.lockoutRecoverySeconds = 60;
    assert.deepEqual(await change.recover(4), { kind: 'recovery', waitSeconds: 60 });
    assert.equal(await phase(), 'changingFromOld');
    tpm.locksAfter = Number.POSITIVE_INFINITY;
    tpm.attempts.length = 0;
    await change.recover(4);
    assert.deepEqual(tpm.attempts, ['changeOwnerAuth -> 0202 with 0101']);
  });

  it('waits as long as a locked-out TPM says, ten minutes if it does not, and for a reset if only that helps', async () => {
    for (const [seconds, waitSeconds] of [
      [86_400, 86_400],
      [null, 600],
      [0, null],
    ] as const) {
      const { change, tpm, crashed, secrets } = setUp();
      await crashed();
      tpm.isLockedOut = true;
      tpm.lockoutRecoverySeconds = seconds;
      assert.deepEqual(await change.recover(4), { kind: 'recovery', waitSeconds });
      assert.equal(secrets.has('pending'), true);
    }
  });

  it('discards both values if the TPM accepts neither, and says what to do', async () => {
    const { change, tpm, secrets, crashed, told } = setUp();
    await secrets.put('owner', OLD);
    await crashed();
    tpm.auth = OTHER;
    assert.deepEqual(await change.recover(4), { kind: 'nothing' });
    assert.equal(tpm.attempts.length, 2);
    assert.deepEqual([secrets.has('pending'), secrets.has('owner')], [false, false]);
    assert.match(String(told.at(-1)?.details['action']), /Import-TpmOwnerAuth/);
  });

  it('keeps everything if the TPM cannot be reached', async () => {
    const { change, tpm, crashed, phase } = setUp();
    await crashed();
    tpm.breaks = 'before';
    await assert.rejects(change.recover(4), { symbol: 'TBS_E_IOERROR' });
    assert.equal(await phase(), 'changing');
  });

  it('uses the empty value first on a TPM that has no authorization yet, which costs no try', async () => {
    const { change, tpm, secrets } = setUp({ tpmHas: new Uint8Array() });
    tpm.breaks = 'before';
    await assert.rejects(change.change(new Uint8Array(), NEW.slice(), 4));
    tpm.breaks = undefined;
    tpm.attempts.length = 0;
    tpm.state.owned = false;
    await change.recover(4);
    assert.deepEqual([tpm.attempts, await secrets.get('owner')], [['changeOwnerAuth -> 0202 with none'], NEW]);
  });

  it('writes both phases to the directory again, since it is unknown which of them was written', async () => {
    const { change, crashed, directory } = setUp({ mode: 'optional' });
    await crashed();
    directory.length = 0;
    await change.recover(4);
    assert.deepEqual(directory, ['pending 2', 'final 2']);
  });

  it('forgets a record that it cannot read', async () => {
    const { change, secrets, tpm } = setUp();
    await secrets.put('pending', Uint8Array.of(1, 2, 3));
    assert.deepEqual([await change.recover(4), secrets.has('pending'), tpm.attempts], [{ kind: 'nothing' }, false, []]);
  });
});

describe('backing up the stored value', () => {
  it('writes both phases', async () => {
    const { change, directory } = setUp({ mode: 'optional' });
    await change.backUpKept(OLD);
    assert.deepEqual(directory, ['pending 1', 'final 1']);
  });
});
