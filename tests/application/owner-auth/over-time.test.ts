/** Tests what happens to the owner authorization over time: retried backups, and boots without provisioning. */
import assert from 'node:assert/strict';
import type { PolicySettings } from '../../../ts-core/domain/policy/settings.js';
import { FakeClock } from '../../support/fake-clock.js';
import type { Machine } from '../../support/owner-auth-machine.js';
import { tpmOfEachTest } from '../../support/tpm-of-each-test.js';

const ROOT = { userKey: 'uid:0', callerClass: 'administrator' } as const;
const MINUTE_MS = 60_000;
const OPTIONAL: Partial<PolicySettings> = {
  activeDirectoryBackup: true,
  requireActiveDirectoryBackup: false,
  osManagedAuthLevel: 4,
};

for (const version of ['2.0', '1.2'] as const) {
  describe(`the backup and provisioning of a TPM ${version} over time`, function () {
    this.timeout(60_000);
    const its = tpmOfEachTest(version);
    let clock: FakeClock;
    let directoryFails: string | undefined;
    let triedAtMinutes: number[];
    let startedMs: number;

    beforeEach(() => {
      clock = new FakeClock();
      directoryFails = undefined;
      triedAtMinutes = [];
      startedMs = clock.monotonicMs();
    });

    const start = (settings: Partial<PolicySettings> = {}) =>
      its.start({
        ...{ settings, clock },
        directoryFails: () => {
          const minute = (clock.monotonicMs() - startedMs) / MINUTE_MS;
          if (triedAtMinutes.at(-1) !== minute) triedAtMinutes.push(minute);
          return directoryFails;
        },
      });

    /** Moves the clock minute by minute; the work that becomes due in a minute is done before the next one begins. */
    async function passMinutes(machine: Machine, minutes: number): Promise<void> {
      for (let minute = 0; minute < minutes; minute++) {
        clock.advance(MINUTE_MS);
        await machine.owner.coordinator.exclusive(async () => undefined);
      }
    }

    async function failedBackup(machine: Machine): Promise<void> {
      directoryFails = 'noServer';
      triedAtMinutes = [];
      startedMs = clock.monotonicMs();
      const next = machine.owner.coordinator.randomOwnerAuth();
      assert.deepEqual(await machine.owner.ownerAuth.set(ROOT, undefined, next), { kept: true, backup: 'pending' });
    }

    it('retries a failed backup after a minute, then less often, down to once an hour', async () => {
      await using machine = await start(OPTIONAL);
      await machine.owner.provisioning.initialize(ROOT);
      await failedBackup(machine);
      await passMinutes(machine, 250);
      assert.deepEqual(triedAtMinutes, [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
      const { pending, lastFailure, lastSuccess } = machine.owner.backup.get();
      assert.equal(pending, true);
      assert.equal(lastFailure?.reason, 'noServer');
      assert.equal(lastFailure?.time, new Date(clock.wallClockMs() - 7 * MINUTE_MS).toISOString());
      assert.ok(lastSuccess !== null, 'that of the value before');
    });

    it('ends the retries at the first success, and starts again with the next failure', async () => {
      await using machine = await start(OPTIONAL);
      await machine.owner.provisioning.initialize(ROOT);
      await failedBackup(machine);
      await passMinutes(machine, 3);
      directoryFails = undefined;
      await passMinutes(machine, 200);
      assert.deepEqual(triedAtMinutes, [0, 1, 3, 7]);
      const { pending, lastFailure, lastSuccess } = machine.owner.backup.get();
      assert.deepEqual([pending, lastFailure], [false, null]);
      assert.ok(lastSuccess !== null);
      const kept = await machine.owner.ownerAuth.get(ROOT, 1);
      assert.equal(machine.directory().final, Buffer.from(kept).toString('base64'));
      await failedBackup(machine);
      await passMinutes(machine, 5);
      assert.deepEqual(triedAtMinutes, [0, 1, 3]);
    });

    it('continues after a restart of the broker, with its previous state', async () => {
      {
        await using machine = await start(OPTIONAL);
        await machine.owner.provisioning.initialize(ROOT);
        await failedBackup(machine);
        await passMinutes(machine, 40);
      }
      await using machine = await start(OPTIONAL);
      assert.equal(machine.owner.backup.get().pending, true);
      assert.equal(machine.owner.backup.get().lastFailure?.reason, 'noServer');
      directoryFails = undefined;
      await passMinutes(machine, 1);
      assert.deepEqual(triedAtMinutes.slice(-2), [40, 41], 'at the start, and a minute later');
      assert.equal(machine.owner.backup.get().pending, false);
    });

    it('skips exactly the next boot if provisioning is disabled for it', async () => {
      const provisioned = async () => {
        await using machine = await start();
        const { owned } = await machine.owner.tpm.ownership();
        return { owned, says: machine.owner.provisioning.autoProvisioning };
      };
      {
        await using machine = await start();
        await machine.owner.provisioning.setAutoProvisioning(ROOT, 'DisabledForNextBoot');
      }
      const skipped = { owned: false, says: 'DisabledForNextBoot' };
      assert.deepEqual(await provisioned(), skipped, 'the broker restarts within the boot');
      clock.boot = 'boot-2';
      assert.deepEqual(await provisioned(), skipped, 'the next boot');
      assert.deepEqual(await provisioned(), skipped, 'the broker restarts within it');
      clock.boot = 'boot-3';
      assert.deepEqual(await provisioned(), { owned: true, says: 'Enabled' }, 'the boot after');
    });
  });
}
