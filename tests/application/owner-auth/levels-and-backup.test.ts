/** Tests levels and backup, and their failures, on real software TPMs of both versions. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Caller } from '../../../ts-core/domain/caller.js';
import type { PolicySettings } from '../../../ts-core/domain/policy/settings.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { TPM_ORD } from '../../../ts-core/domain/tpm12/codes.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';
import { type Machine, startMachine } from '../../support/owner-auth-machine.js';
import { startSwtpm } from '../../support/swtpm.js';
import { tpmOfEachTest } from '../../support/tpm-of-each-test.js';

const ROOT: Caller = { userKey: 'uid:0', callerClass: 'administrator' };
const ALICE: Caller = { userKey: 'uid:61001', callerClass: 'standardUser' };

interface Failure {
  readonly symbol: string;
  readonly reason: unknown;
}

async function failureOf(call: Promise<unknown>): Promise<Failure | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    assert.ok(error instanceof TbsError, String(error));
    return { symbol: error.symbol, reason: error.details['reason'] };
  }
}

for (const version of ['2.0', '1.2'] as const) {
  describe(`levels and backup on a TPM ${version}`, function () {
    this.timeout(60_000);
    const its = tpmOfEachTest(version);
    let directoryFails: string | undefined;
    let storeFails: boolean;

    beforeEach(() => {
      directoryFails = undefined;
      storeFails = false;
    });

    const start = (settings: Partial<PolicySettings> = {}) =>
      its.start({ settings, directoryFails: () => directoryFails, storeFails: () => storeFails });
    const full = (machine: Machine) => machine.owner.ownerAuth.get(ROOT, 1);
    const works = (machine: Machine, value: Uint8Array) =>
      machine.owner.coordinator.parts.tpm.changeOwnerAuth(value, value).then(
        () => true,
        () => false,
      );
    /** A file system keeps what was written: nothing in the folder may hold the value. */
    const onDisk = (value: Uint8Array) =>
      readdirSync(join(its.folder, 'owner-auth')).some((name) =>
        readFileSync(join(its.folder, 'owner-auth', name)).includes(Buffer.from(value)),
      );

    /** The hierarchies of a TPM 2.0 closed, so that Delegated has something to store. */
    const closing = { closeHierarchies: version === '2.0' };

    it('voids every earlier copy if policy lowers Full to Delegated, and reports that the new value is stored nowhere', async () => {
      await using machine = await start();
      await machine.owner.provisioning.initialize(ROOT, closing);
      const before = await full(machine);
      machine.setPolicy({ osManagedAuthLevel: 2 });
      await machine.owner.coordinator.levelMayHaveChanged();
      assert.equal((await failureOf(full(machine)))?.symbol, 'TBS_E_OWNERAUTH_NOT_FOUND');
      assert.equal(await works(machine, before), false);
      assert.ok(machine.events.some(({ message }) => /stored nowhere/.test(message)));
      assert.ok(!onDisk(before));
      const delegated = version === '2.0' ? 13 : 2;
      assert.ok((await machine.owner.ownerAuth.get(ROOT, delegated)).length >= 20);
    });

    it('does the same if policy changed while the broker was not running, with the backup first', async () => {
      {
        await using machine = await start({ activeDirectoryBackup: true, osManagedAuthLevel: 4 });
        await machine.owner.provisioning.initialize(ROOT);
        assert.equal(machine.directory().final, Buffer.from(await full(machine)).toString('base64'));
      }
      const earlier = Buffer.from((await start({ osManagedAuthLevel: 4 }).then(dispose)).value);
      await using machine = await start({ activeDirectoryBackup: true });
      assert.equal(await works(machine, Buffer.from(machine.directory().final ?? '', 'base64')), true);
      assert.notEqual(machine.directory().final, earlier.toString('base64'));
      assert.equal((await failureOf(full(machine)))?.symbol, 'TBS_E_OWNERAUTH_NOT_FOUND');
    });

    async function dispose(machine: Machine): Promise<{ readonly value: Uint8Array }> {
      const value = await full(machine);
      await machine[Symbol.asyncDispose]();
      return { value };
    }

    it('lowers the level under a new key: neither an old copy of the disk nor its remains can be decrypted', async () => {
      await using machine = await start();
      await machine.owner.provisioning.initialize(ROOT, closing);
      const secretsFolder = join(its.folder, 'owner-auth');
      const copy = new Map(readdirSync(secretsFolder).map((name) => [name, readFileSync(join(secretsFolder, name))]));
      machine.setPolicy({ osManagedAuthLevel: 2 });
      await machine.owner.coordinator.levelMayHaveChanged();
      for (const name of readdirSync(secretsFolder)) {
        assert.notDeepEqual(readFileSync(join(secretsFolder, name)), copy.get(name), `${name} is a new one`);
      }
      const delegated = version === '2.0' ? 13 : 2;
      assert.ok((await machine.owner.ownerAuth.get(ROOT, delegated)).length >= 20, 'what stays opens');
      // As undeleting a file would bring it back.
      writeFileSync(join(secretsFolder, 'owner'), copy.get('owner') ?? '');
      assert.deepEqual(await failureOf(full(machine)), { symbol: 'TBS_E_INTERNAL_ERROR', reason: 'damaged' });
    });

    it('stores nothing at None, and leaves the hierarchies usable', async () => {
      await using machine = await start();
      await machine.owner.provisioning.initialize(ROOT, closing);
      const before = await full(machine);
      machine.setPolicy({ osManagedAuthLevel: 0 });
      await machine.owner.coordinator.levelMayHaveChanged();
      assert.deepEqual(readdirSync(join(its.folder, 'owner-auth')), []);
      assert.equal(await works(machine, before), true, 'None makes no new value');
      const { storageAuthSet, endorsementAuthSet } = await machine.owner.tpm.ownership();
      assert.deepEqual([storageAuthSet, endorsementAuthSet], [false, false]);
    });

    it('changes nothing in the TPM if a required backup fails, whatever the reason', async () => {
      await using machine = await start({ activeDirectoryBackup: true, osManagedAuthLevel: 4 });
      await machine.owner.provisioning.initialize(ROOT);
      const before = await full(machine);
      for (const reason of [
        'notJoined',
        'noServer',
        'wrongCredentials',
        'schemaMissing',
        'noRight',
        'timeout',
        'tls',
      ]) {
        directoryFails = reason;
        const failure = await failureOf(machine.owner.ownerAuth.set(ROOT, undefined, new Uint8Array(20).fill(1)));
        assert.deepEqual(failure, { symbol: 'TBS_E_PROVISIONING_NOT_ALLOWED', reason });
        assert.deepEqual(await full(machine), before);
        assert.equal(machine.owner.backup.get().lastFailure?.reason, reason);
      }
      assert.equal(await works(machine, before), true);
      machine.setPolicy({ activeDirectoryBackup: true, osManagedAuthLevel: 2 });
      await machine.owner.coordinator.levelMayHaveChanged();
      assert.deepEqual(await full(machine), before, 'the level waits for the directory');
    });

    it('changes nothing in the TPM if the new level cannot be stored, and does all of it later', async () => {
      await using machine = await start({ osManagedAuthLevel: 4 });
      await machine.owner.provisioning.initialize(ROOT);
      const before = await full(machine);
      const from = { level: 4, origin: { kind: 'local' } } as const;
      const change = { from, to: 2, newOwnerAuth: new Uint8Array(20).fill(5), force: false } as const;
      storeFails = true;
      assert.equal((await failureOf(machine.owner.ownerAuth.levelChanges(change)))?.reason, 'ioError');
      assert.deepEqual(await full(machine), before);
      assert.equal(await works(machine, before), true);
      assert.equal(machine.owner.coordinator.parts.records.current.appliedLevel, 4);
      storeFails = false;
      await machine.owner.ownerAuth.levelChanges(change);
      assert.equal(await works(machine, change.newOwnerAuth), true);
      assert.equal(machine.owner.coordinator.parts.records.current.appliedLevel, 2);
    });

    it('keeps the setting of automatic provisioning if the new one cannot be stored', async () => {
      await using machine = await start();
      await machine.owner.provisioning.setAutoProvisioning(ROOT, 'Disabled');
      storeFails = true;
      const told = machine.events.length;
      const failure = await failureOf(machine.owner.provisioning.setAutoProvisioning(ROOT, 'Enabled'));
      assert.equal(failure?.reason, 'ioError');
      assert.equal(machine.owner.provisioning.autoProvisioning, 'Disabled');
      assert.equal(machine.events.length, told, 'a change that was refused is not told as made');
    });

    it('continues without the directory if the backup is not required, and backs up later', async () => {
      const optional = {
        activeDirectoryBackup: true,
        requireActiveDirectoryBackup: false,
        osManagedAuthLevel: 4,
      } as const;
      await using machine = await start(optional);
      await machine.owner.provisioning.initialize(ROOT);
      directoryFails = 'noServer';
      const next = new Uint8Array(20).fill(2);
      assert.deepEqual(await machine.owner.ownerAuth.set(ROOT, undefined, next), { kept: true, backup: 'pending' });
      assert.equal(await works(machine, next), true);
      assert.equal(machine.owner.backup.get().pending, true);
      assert.equal((await failureOf(machine.owner.backup.run(ROOT, undefined)))?.reason, 'noServer');
      directoryFails = undefined;
      const report = await machine.owner.backup.run(ROOT, undefined);
      assert.deepEqual([report.pending, report.lastFailure], [false, null]);
      assert.equal(machine.directory().final, Buffer.from(next).toString('base64'));
      assert.equal(machine.directory().thumbprint?.length, 40);
    });

    it('tries a wrong authorization exactly once', async () => {
      await using machine = await start();
      await machine.owner.provisioning.initialize(ROOT);
      const changing = version === '2.0' ? TPM_CC.HierarchyChangeAuth : TPM_ORD.ChangeAuthOwner;
      const before = machine.sent.filter((code) => code === changing).length;
      const failure = await failureOf(
        machine.owner.ownerAuth.set(ROOT, new Uint8Array(20).fill(9), new Uint8Array(20).fill(3)),
      );
      assert.equal(failure?.symbol, version === '2.0' ? 'TPM_20_E_AUTH_FAIL' : 'TPM_E_AUTHFAIL');
      assert.equal(machine.sent.filter((code) => code === changing).length, before + 1);
      assert.ok(!machine.owner.coordinator.parts.secrets.has('pending'));
    });

    it('reveals nothing on a copied disk with another TPM', async () => {
      await using machine = await start();
      await machine.owner.provisioning.initialize(ROOT);
      const value = await full(machine);
      assert.ok(!onDisk(value), 'not in the clear');
      const elsewhere = await startSwtpm({ version, startup: true });
      const copy = mkdtempSync(join(tmpdir(), 'owner-auth-copy-'));
      cpSync(its.folder, copy, { recursive: true });
      try {
        await using other = await startMachine({ version, tpmSocket: elsewhere.dataPath, folder: copy });
        const failure = await failureOf(other.owner.ownerAuth.get(ROOT, 1));
        assert.deepEqual(failure, { symbol: 'TBS_E_OWNERAUTH_NOT_FOUND', reason: 'sealBroken' });
      } finally {
        await elsewhere.stop();
        rmSync(copy, { recursive: true });
      }
    });

    it('reports clearly that the seal cannot be opened any more, and stores new material after that', async () => {
      {
        await using machine = await start();
        await machine.owner.provisioning.initialize(ROOT);
      }
      await its.tpm.kill();
      rmSync(join(its.tpm.dir, 'state'), { recursive: true });
      await its.tpm.start();
      await using machine = await start();
      assert.deepEqual(await failureOf(full(machine)), { symbol: 'TBS_E_OWNERAUTH_NOT_FOUND', reason: 'sealBroken' });
      assert.equal((await machine.owner.provisioning.initialize(ROOT)).ready, true);
      assert.equal(await works(machine, await full(machine)), true);
    });

    it('returns only the user delegation to standard users', async () => {
      await using machine = await start();
      await machine.owner.provisioning.initialize(ROOT);
      const types = [1, 2, 3, 4, 12, 13, 99];
      const answers = await Promise.all(
        types.map(async (type) => (await failureOf(machine.owner.ownerAuth.get(ALICE, type)))?.symbol ?? 'given'),
      );
      const wrong = 'TBS_E_BAD_PARAMETER';
      const denied = 'TBS_E_ACCESS_DENIED';
      assert.deepEqual(
        answers,
        version === '2.0'
          ? [denied, wrong, wrong, wrong, denied, denied, wrong]
          : [denied, denied, 'given', denied, wrong, wrong, wrong],
      );
    });
  });
}
