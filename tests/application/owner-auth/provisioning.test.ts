/** Tests Initialize-Tpm on real software TPMs, with each permission and at every level. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Caller } from '../../../ts-core/domain/caller.js';
import type { OsManagedAuthLevel, PolicySettings } from '../../../ts-core/domain/policy/settings.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { startMachine } from '../../support/owner-auth-machine.js';
import { writePhysicalPresenceTree } from '../../support/physical-presence-tree.js';
import { startSwtpm } from '../../support/swtpm.js';
import { tpmOfEachTest } from '../../support/tpm-of-each-test.js';
import { provision as provisionedBySomebodyElse, TpmConnection } from '../../support/tpm12-client.js';

const ROOT: Caller = { userKey: 'uid:0', callerClass: 'administrator' };
const EVERYTHING = { allowClear: true, allowPhysicalPresence: true };

for (const version of ['2.0', '1.2'] as const) {
  describe(`provisioning a TPM ${version}`, function () {
    this.timeout(60_000);
    const its = tpmOfEachTest(version);
    let ppi: string;

    beforeEach(() => {
      ppi = join(its.folder, 'ppi');
      writePhysicalPresenceTree(ppi);
    });

    const start = (settings: Partial<PolicySettings> = {}) => its.start({ settings, physicalPresenceFolder: ppi });
    const asked = () => readFileSync(join(ppi, 'request'), 'latin1').trim();

    /** Whoever had the machine before gave the TPM an owner authorization that nobody knows any more. */
    async function takenBySomebodyElse(): Promise<void> {
      if (version === '1.2') {
        await using connection = await TpmConnection.open(its.tpm.dataPath);
        await provisionedBySomebodyElse(connection.transmit);
      } else {
        execFileSync('tpm2_changeauth', ['-c', 'lockout', 'forgotten'], {
          env: { ...process.env, TPM2TOOLS_TCTI: its.tpm.tcti },
        });
      }
    }

    for (const [name, level] of Object.entries({ None: 0, Delegated: 2, LockoutOnly: 5 } as const)) {
      it(`takes ownership at the level ${name} with backup off, and reports if nobody has the value afterwards`, async () => {
        await using machine = await start({ osManagedAuthLevel: level as OsManagedAuthLevel });
        const verdict = await machine.owner.provisioning.initialize(ROOT);
        assert.deepEqual([verdict.ready, verdict.needs], [true, []]);
        assert.equal((await machine.owner.tpm.ownership()).owned, true);
        const kept = version === '2.0' && level === 5;
        const { secrets } = machine.owner.coordinator.parts;
        assert.deepEqual([secrets.has('owner'), secrets.has('pending')], [kept, false]);
        const told = machine.events.filter(({ kind, message }) => kind === 'warning' && /stored nowhere/.test(message));
        assert.deepEqual(
          told.map(({ details }) => details['level']),
          kept ? [] : [version === '1.2' && level === 5 ? 'LockoutOnly' : name],
        );
        assert.equal((await machine.owner.provisioning.initialize(ROOT)).ready, true, 'again without harm');
      });
    }

    it('reports that the TPM must be cleared, or the value imported, if somebody else owns it', async () => {
      await takenBySomebodyElse();
      await using machine = await start();
      const verdict = await machine.owner.provisioning.initialize(ROOT);
      assert.deepEqual([verdict.ready, verdict.clearRequired, verdict.restartRequired], [false, true, false]);
      assert.ok(verdict.needs.includes('TPM_OWNERAUTH'));
      assert.equal(asked(), '0', 'nothing is asked of the firmware unless that is allowed');
    });

    it('asks the firmware to clear only if both are allowed, and then needs a restart and a person', async () => {
      await takenBySomebodyElse();
      await using machine = await start();
      for (const permissions of [
        { allowClear: true, allowPhysicalPresence: false },
        { allowClear: false, allowPhysicalPresence: true },
      ]) {
        await machine.owner.provisioning.initialize(ROOT, permissions);
        assert.equal(asked(), '0');
      }
      const verdict = await machine.owner.provisioning.initialize(ROOT, EVERYTHING);
      assert.equal(asked(), '22');
      const { ready, restartRequired, shutdownRequired, clearRequired, physicalPresenceRequired } = verdict;
      assert.deepEqual(
        { ready, restartRequired, shutdownRequired, clearRequired, physicalPresenceRequired },
        {
          ready: false,
          restartRequired: true,
          shutdownRequired: false,
          clearRequired: true,
          physicalPresenceRequired: true,
        },
      );
    });

    it('requests another operation that clears if the platform does not accept the first, but never twice', async () => {
      await takenBySomebodyElse();
      writeFileSync(join(ppi, 'tcg_operations'), '5 3: User required\n14 3: User required\n22 1: BIOS only\n');
      writeFileSync(join(ppi, 'transition_action'), '1: Shutdown\n');
      await using machine = await start();
      const verdict = await machine.owner.provisioning.initialize(ROOT, EVERYTHING);
      assert.equal(asked(), '14');
      assert.deepEqual([verdict.restartRequired, verdict.shutdownRequired], [false, true]);
      writeFileSync(join(ppi, 'request'), '5\n');
      await machine.owner.provisioning.initialize(ROOT, EVERYTHING);
      assert.equal(asked(), '5', 'what waits is left alone');
    });

    it('reports what it could not request if the platform has no physical presence interface', async () => {
      await takenBySomebodyElse();
      rmSync(ppi, { recursive: true });
      await using machine = await start();
      const verdict = await machine.owner.provisioning.initialize(ROOT, EVERYTHING);
      assert.deepEqual([verdict.clearRequired, verdict.restartRequired], [true, false]);
    });

    it('requests nothing for a TPM that is ready', async () => {
      await using machine = await start();
      assert.equal((await machine.owner.provisioning.initialize(ROOT, EVERYTHING)).ready, true);
      assert.equal(asked(), '0');
    });
  });
}

describe('provisioning a TPM 2.0 whose storage hierarchy somebody has closed', function () {
  this.timeout(60_000);

  it('clears it with the owner authorization if that is allowed, without the firmware', async () => {
    await using tpm = await startSwtpm({ version: '2.0', startup: true });
    const folder = mkdtempSync(join(tmpdir(), 'owner-auth-'));
    try {
      execFileSync('tpm2_changeauth', ['-c', 'owner', 'forgotten'], {
        env: { ...process.env, TPM2TOOLS_TCTI: tpm.tcti },
      });
      await using machine = await startMachine({ version: '2.0', tpmSocket: tpm.dataPath, folder });
      const refused = await machine.owner.provisioning.initialize(ROOT).catch((error: unknown) => error);
      if (!(refused instanceof TbsError)) assert.equal((refused as { clearRequired: boolean }).clearRequired, true);
      const verdict = await machine.owner.provisioning.initialize(ROOT, {
        ...EVERYTHING,
        allowPhysicalPresence: false,
      });
      assert.equal(verdict.ready, true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('provisioning a disabled TPM 1.2', function () {
  this.timeout(60_000);

  it('asks the firmware to enable it if that is allowed', async () => {
    await using tpm = await startSwtpm({ version: '1.2', startup: true });
    const folder = mkdtempSync(join(tmpdir(), 'owner-auth-'));
    const ppi = join(folder, 'ppi');
    writePhysicalPresenceTree(ppi);
    writeFileSync(join(ppi, 'tcg_operations'), '6 3: User required\n10 0: Not implemented\n');
    try {
      {
        await using machine = await startMachine({ version: '1.2', tpmSocket: tpm.dataPath, folder });
        await machine.owner.provisioning.initialize(ROOT);
        // A TPM 1.2 is disabled and deactivated once its owner has cleared it.
        await machine.owner.ownerAuth.clear(ROOT, undefined);
      }
      await using machine = await startMachine({
        ...{ version: '1.2', tpmSocket: tpm.dataPath, folder, physicalPresenceFolder: ppi },
      });
      const before = await machine.owner.provisioning.initialize(ROOT);
      assert.ok(before.needs.includes('TPM_ACTIVATE') && before.physicalPresenceRequired);
      assert.equal(readFileSync(join(ppi, 'request'), 'latin1').trim(), '0');
      await machine.owner.provisioning.initialize(ROOT, { allowClear: false, allowPhysicalPresence: true });
      assert.equal(readFileSync(join(ppi, 'request'), 'latin1').trim(), '6');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
