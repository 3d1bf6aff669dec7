/**
 * Tests the storage and endorsement hierarchies of a real software TPM 2.0, which stay open unless somebody closes
 * them.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Caller } from '../../../ts-core/domain/caller.js';
import type { OsManagedAuthLevel, PolicySettings } from '../../../ts-core/domain/policy/settings.js';
import { type Machine, startMachine } from '../../support/owner-auth-machine.js';
import { startSwtpm } from '../../support/swtpm.js';
import { tpmOfEachTest } from '../../support/tpm-of-each-test.js';

const ROOT: Caller = { userKey: 'uid:0', callerClass: 'administrator' };
const STORAGE_20 = 13;
const ENDORSEMENT_20 = 12;
const OPEN = { storage: 'open', endorsement: 'open' } as const;
const CLOSED = { storage: 'closed', endorsement: 'closed' } as const;

describe('the hierarchies of a TPM 2.0', function () {
  this.timeout(60_000);
  const its = tpmOfEachTest('2.0');

  const start = (settings: Partial<PolicySettings> = {}) => its.start({ settings });
  const statesOf = async ({ owner }: Machine) => (await owner.provisioning.state()).hierarchies;
  const authOf = async ({ owner }: Machine, type: number) => Buffer.from(await owner.ownerAuth.get(ROOT, type));
  const warningsOf = ({ events }: Machine) =>
    events.filter(({ kind, message }) => kind === 'warning' && /clevis/.test(message));

  /** Another program sets the authorization of a hierarchy, as tpm2-tools name it. */
  function closedByAnotherProgram(hierarchy: 'owner' | 'endorsement', auth: string): void {
    execFileSync('tpm2_changeauth', ['-c', hierarchy, auth], { env: { ...process.env, TPM2TOOLS_TCTI: its.tpm.tcti } });
  }

  for (const level of [0, 2, 4, 5] as const satisfies readonly OsManagedAuthLevel[]) {
    it(`stay open when the TPM is provisioned at level ${level}`, async () => {
      await using machine = await start({ osManagedAuthLevel: level });
      const report = await machine.owner.provisioning.initialize(ROOT);
      assert.deepEqual([report.ready, report.hierarchies, report.policyClosesHierarchies], [true, OPEN, false]);
      assert.equal((await machine.owner.tpm.ownership()).owned, true, 'the lockout authorization is set');
    });
  }

  it('have empty stored values if the level stores their authorizations, and are not found otherwise', async () => {
    for (const level of [4, 2] as const) {
      await using machine = await start({ osManagedAuthLevel: level });
      await machine.owner.provisioning.initialize(ROOT);
      for (const type of [STORAGE_20, ENDORSEMENT_20]) assert.equal((await authOf(machine, type)).length, 0);
    }
    await using machine = await start({ osManagedAuthLevel: 0 });
    for (const type of [STORAGE_20, ENDORSEMENT_20]) {
      await assert.rejects(authOf(machine, type), { symbol: 'TBS_E_OWNERAUTH_NOT_FOUND' });
    }
  });

  it('are closed on request, after a warning about programs that stop working, and their values are stored', async () => {
    await using machine = await start();
    const report = await machine.owner.provisioning.initialize(ROOT, { closeHierarchies: true });
    assert.deepEqual([report.ready, report.hierarchies], [true, CLOSED]);
    assert.equal(warningsOf(machine).length, 1);
    const storage = await authOf(machine, STORAGE_20);
    assert.equal(storage.length, 20);
    assert.notDeepEqual(storage, await authOf(machine, ENDORSEMENT_20));
    await machine.owner.provisioning.initialize(ROOT, { closeHierarchies: true });
    assert.deepEqual(await authOf(machine, STORAGE_20), storage, 'again without a change');
    assert.equal(warningsOf(machine).length, 1);
    machine.setPolicy({ osManagedAuthLevel: 2 });
    await machine.owner.coordinator.levelMayHaveChanged();
    assert.deepEqual(await authOf(machine, STORAGE_20), storage, 'Delegated stores them where they were set');
  });

  it('are closed if policy requires it, which is announced', async () => {
    await using machine = await start({ closeHierarchies: true });
    assert.equal((await machine.owner.provisioning.state()).policyClosesHierarchies, true);
    const report = await machine.owner.provisioning.initialize(ROOT);
    assert.deepEqual([report.hierarchies, report.policyClosesHierarchies], [CLOSED, false]);
    assert.equal(warningsOf(machine).length, 1);
    await assert.rejects(machine.owner.provisioning.openHierarchies(ROOT, {}), {
      symbol: 'TBS_E_PROVISIONING_NOT_ALLOWED',
    });
  });

  it('are not closed at a level that would not store their values', async () => {
    for (const level of [0, 5] as const) {
      await using machine = await start({ osManagedAuthLevel: level, closeHierarchies: true });
      await assert.rejects(machine.owner.provisioning.initialize(ROOT, { closeHierarchies: true }), {
        symbol: 'TBS_E_PROVISIONING_NOT_ALLOWED',
      });
      assert.deepEqual((await machine.owner.provisioning.initialize(ROOT)).hierarchies, OPEN);
    }
  });

  it('are opened again with the stored values, even those that an earlier version closed', async () => {
    {
      await using machine = await start();
      await machine.owner.provisioning.initialize(ROOT, { closeHierarchies: true });
    }
    await using machine = await start();
    assert.deepEqual(await statesOf(machine), CLOSED);
    const report = await machine.owner.provisioning.openHierarchies(ROOT, {});
    assert.deepEqual([report.ready, report.hierarchies], [true, OPEN]);
    const { secrets } = machine.owner.coordinator.parts;
    assert.deepEqual([secrets.has('storage'), secrets.has('endorsement')], [false, false]);
    assert.ok(machine.events.some(({ message }) => /hierarchies are open now: storage and endorsement/.test(message)));
    assert.deepEqual((await machine.owner.provisioning.openHierarchies(ROOT, {})).hierarchies, OPEN, 'again');
  });

  it('are opened with a value that only the caller knows, and stay closed without it or with a wrong one', async () => {
    closedByAnotherProgram('owner', 'sesame');
    await using machine = await start();
    const { provisioning } = machine.owner;
    assert.deepEqual(await statesOf(machine), { storage: 'closedByOthers', endorsement: 'open' });
    await assert.rejects(provisioning.openHierarchies(ROOT, {}), {
      symbol: 'TBS_E_OWNERAUTH_NOT_FOUND',
      message: /storage hierarchy/,
    });
    await assert.rejects(provisioning.openHierarchies(ROOT, { storage: Buffer.from('wrong') }), {
      symbol: 'TPM_20_E_AUTH_FAIL',
      message: /given authorization of the storage hierarchy/,
    });
    assert.equal((await machine.owner.tpm.ownership()).lockout.failedTries, 0, 'a wrong one does no harm');
    const report = await provisioning.openHierarchies(ROOT, { storage: Buffer.from('sesame') });
    assert.deepEqual(report.hierarchies, OPEN);
  });

  it('are opened individually if one of their values is unknown', async () => {
    await using machine = await start();
    await machine.owner.provisioning.initialize(ROOT, { closeHierarchies: true });
    machine.owner.coordinator.parts.secrets.wipe('storage');
    await assert.rejects(machine.owner.provisioning.openHierarchies(ROOT, {}), {
      symbol: 'TBS_E_OWNERAUTH_NOT_FOUND',
    });
    assert.deepEqual(await statesOf(machine), { storage: 'closedByOthers', endorsement: 'open' });
  });
});

describe('the hierarchies on a TPM 1.2', function () {
  this.timeout(60_000);

  it('cannot be closed or opened', async () => {
    await using tpm = await startSwtpm({ version: '1.2', startup: true });
    const folder = mkdtempSync(join(tmpdir(), 'owner-auth-'));
    try {
      await using machine = await startMachine({ version: '1.2', tpmSocket: tpm.dataPath, folder });
      const { provisioning } = machine.owner;
      const refused = { symbol: 'TBS_E_BAD_PARAMETER' };
      await assert.rejects(provisioning.initialize(ROOT, { closeHierarchies: true }), refused);
      await assert.rejects(provisioning.openHierarchies(ROOT, {}), refused);
      assert.equal((await provisioning.state()).hierarchies, undefined);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
