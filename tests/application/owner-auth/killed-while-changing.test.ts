/** SIGKILL at every step of a change and of provisioning, on real software TPMs of both versions. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PolicySettings } from '../../../ts-core/domain/policy/settings.js';
import { startMachine } from '../../support/owner-auth-machine.js';
import type { ProcessResult, ProcessTask } from '../../support/owner-auth-process.js';
import { type Swtpm, startSwtpm } from '../../support/swtpm.js';

const PROGRAM = fileURLToPath(new URL('../../support/owner-auth-process.js', import.meta.url));
const REQUIRED: Partial<PolicySettings> = { activeDirectoryBackup: true, osManagedAuthLevel: 4 };

interface Fixture extends AsyncDisposable {
  readonly tpm: Swtpm;
  readonly folder: string;
  run(
    task: Pick<ProcessTask, 'action' | 'killAt' | 'next'>,
    settings?: Partial<PolicySettings>,
  ): ProcessResult | 'killed';
}

async function fixture(version: '1.2' | '2.0'): Promise<Fixture> {
  const tpm = await startSwtpm({ version, startup: true });
  const folder = mkdtempSync(join(tmpdir(), 'owner-auth-'));
  return {
    tpm,
    folder,
    run: (task, settings = {}) => {
      const whole: ProcessTask = { version, tpmSocket: tpm.dataPath, folder, settings, ...task };
      const child = spawnSync(process.execPath, [PROGRAM, JSON.stringify(whole)], {
        encoding: 'utf8',
        timeout: 60_000,
      });
      if (child.signal === 'SIGKILL') return 'killed';
      assert.equal(child.status, 0, child.stderr);
      return JSON.parse(child.stdout) as ProcessResult;
    },
    [Symbol.asyncDispose]: async () => {
      await tpm.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A wrong lockout authorization closes the TPM for one second only, so that recovery can be waited for. */
async function shortLockoutRecovery({ tpm, folder }: Fixture, settings: Partial<PolicySettings> = {}): Promise<void> {
  if (tpm.version !== '2.0') return;
  await using machine = await startMachine({ version: '2.0', tpmSocket: tpm.dataPath, folder, settings });
  await machine.owner.tpm.setLockoutParameters(
    { userKey: 'uid:0', callerClass: 'administrator' },
    { lockoutRecoverySeconds: 1 },
    undefined,
  );
}

/** Keeps the state of TPM and machine; gives what brings both back to it. */
async function snapshot({ tpm, folder }: Fixture): Promise<() => Promise<void>> {
  const state = join(tpm.dir, 'state');
  const copy = join(tpm.dir, 'copy');
  await tpm.kill();
  cpSync(state, join(copy, 'tpm'), { recursive: true });
  cpSync(folder, join(copy, 'machine'), { recursive: true });
  return async () => {
    await tpm.kill();
    for (const path of [state, folder]) rmSync(path, { recursive: true });
    cpSync(join(copy, 'tpm'), state, { recursive: true });
    cpSync(join(copy, 'machine'), folder, { recursive: true });
    await tpm.start();
  };
}

function finished(result: ProcessResult | 'killed'): ProcessResult {
  if (result === 'killed') throw new Error('the process was killed');
  return result;
}

for (const version of ['2.0', '1.2'] as const) {
  describe(`the owner authorization of a TPM ${version}, if the broker is killed at any step,`, function () {
    this.timeout(600_000);

    it('is the old or the new value, stored here and in the directory, and works', async () => {
      await using box = await fixture(version);
      finished(box.run({ action: 'initialize', killAt: 0 }, REQUIRED));
      await shortLockoutRecovery(box);
      let kills = 0;
      for (let killAt = 1; ; killAt++) {
        const next = Buffer.alloc(20, killAt).toString('base64');
        const ended = box.run({ action: 'set', next, killAt }, REQUIRED);
        if (ended !== 'killed') {
          assert.equal(ended.kept, next, 'the change that was not killed is done');
          break;
        }
        kills++;
        const recovered = finished(box.run({ action: 'recover', killAt: 0 }, REQUIRED));
        assert.ok(recovered.settled, `killed at step ${killAt}: nothing is under way any more`);
        assert.ok(recovered.kept !== null, `killed at step ${killAt}: the value is known`);
        await using machine = await startMachine({
          version,
          tpmSocket: box.tpm.dataPath,
          folder: box.folder,
          settings: REQUIRED,
        });
        const { final, pending } = machine.directory();
        assert.ok([final, pending].includes(recovered.kept), `killed at step ${killAt}: the directory knows the value`);
      }
      assert.ok(kills >= 8, `${kills} steps`);
    });

    it('keeps what Delegated stores, under a new key, if the level was being lowered', async () => {
      const delegated = { osManagedAuthLevel: 2 } as const;
      await using box = await fixture(version);
      finished(box.run({ action: 'initialize', killAt: 0 }, { osManagedAuthLevel: 4, closeHierarchies: true }));
      await shortLockoutRecovery(box, { osManagedAuthLevel: 4 });
      const restore = await snapshot(box);
      for (let killAt = 1; ; killAt++) {
        await restore();
        const ended = box.run({ action: 'lower', killAt }, { osManagedAuthLevel: 4 });
        const recovered = finished(box.run({ action: 'recover', killAt: 0 }, delegated));
        assert.ok(recovered.settled && recovered.kept === null, `killed at step ${killAt}`);
        await using machine = await startMachine({
          ...{ version, tpmSocket: box.tpm.dataPath, folder: box.folder, settings: delegated },
        });
        const { secrets, tpm } = machine.owner.coordinator.parts;
        const kept = await secrets.get(version === '2.0' ? 'storage' : 'administratorDelegation');
        assert.ok(kept !== undefined, `killed at step ${killAt}`);
        if (version === '1.2') assert.equal(await tpm.takesDelegation?.(kept), true, `killed at step ${killAt}`);
        else await tpm.proveHierarchy?.('storage', kept);
        if (ended !== 'killed') break;
      }
    });

    it('is completely provisioned after a kill during provisioning', async () => {
      for (let killAt = 1; ; killAt++) {
        await using box = await fixture(version);
        const first = box.run({ action: 'initialize', killAt }, { closeHierarchies: true });
        const second = finished(box.run({ action: 'initialize', killAt: 0 }, { closeHierarchies: true }));
        assert.ok(second.ready && second.kept !== null, `killed at step ${killAt}`);
        if (first !== 'killed') break;
      }
    });
  });
}

describe('closed hierarchies of a TPM 2.0, if the broker is killed while opening them,', function () {
  this.timeout(180_000);

  it('are open after the next attempt, and their authorizations are no longer stored', async () => {
    await using box = await fixture('2.0');
    finished(box.run({ action: 'initialize', killAt: 0 }, { closeHierarchies: true }));
    const restore = await snapshot(box);
    for (let killAt = 1; ; killAt++) {
      await restore();
      const first = box.run({ action: 'openHierarchies', killAt });
      finished(box.run({ action: 'openHierarchies', killAt: 0 }));
      await using machine = await startMachine({ version: '2.0', tpmSocket: box.tpm.dataPath, folder: box.folder });
      const { hierarchies } = await machine.owner.provisioning.state();
      assert.deepEqual(hierarchies, { storage: 'open', endorsement: 'open' }, `killed at step ${killAt}`);
      const { secrets } = machine.owner.coordinator.parts;
      assert.deepEqual([secrets.has('storage'), secrets.has('endorsement')], [false, false]);
      if (first !== 'killed') break;
    }
  });
});

describe('an owner authorization that the level does not store, if the broker is killed at any step,', function () {
  this.timeout(180_000);

  it('is set in the end, and nobody knows it afterwards', async () => {
    const settings = { osManagedAuthLevel: 0 } as const;
    for (let killAt = 1; ; killAt++) {
      await using box = await fixture('2.0');
      const first = box.run({ action: 'initialize', killAt }, settings);
      const second = finished(box.run({ action: 'initialize', killAt: 0 }, settings));
      assert.deepEqual([second.ready, second.settled, second.kept], [true, true, null], `killed at step ${killAt}`);
      if (first !== 'killed') break;
    }
  });
});
