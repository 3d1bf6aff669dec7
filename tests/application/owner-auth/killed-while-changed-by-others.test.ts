/**
 * Tests SIGKILL around raw changes of the owner authorization: afterwards the stored value is never trusted
 * unchecked.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PolicySettings } from '../../../ts-core/domain/policy/settings.js';
import { TPM_ORD } from '../../../ts-core/domain/tpm12/codes.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';
import { startMachine } from '../../support/owner-auth-machine.js';
import type { ProcessResult, ProcessTask } from '../../support/owner-auth-process.js';
import { startSwtpm } from '../../support/swtpm.js';

const PROGRAM = fileURLToPath(new URL('../../support/owner-auth-process.js', import.meta.url));
const ROOT = { userKey: 'uid:0', callerClass: 'administrator' } as const;
const FULL = 4;
const DELEGATED = 2;

for (const version of ['2.0', '1.2'] as const) {
  describe(`the stored owner authorization of a TPM ${version}, if the broker is killed during an administrator’s raw command,`, function () {
    this.timeout(240_000);

    async function fixture(level: PolicySettings['osManagedAuthLevel']) {
      const tpm = await startSwtpm({ version, startup: true });
      const folder = mkdtempSync(join(tmpdir(), 'owner-auth-'));
      const options = { version, tpmSocket: tpm.dataPath, folder, settings: { osManagedAuthLevel: level } } as const;
      const run = (task: Pick<ProcessTask, 'action' | 'killAt' | 'next' | 'current'>): ProcessResult | 'killed' => {
        const child = spawnSync(process.execPath, [PROGRAM, JSON.stringify({ ...options, ...task })], {
          encoding: 'utf8',
          timeout: 60_000,
        });
        if (child.signal === 'SIGKILL') return 'killed';
        assert.equal(child.status, 0, child.stderr);
        return JSON.parse(child.stdout) as ProcessResult;
      };
      await using machine = await startMachine({ ...options, settings: { osManagedAuthLevel: FULL } });
      await machine.owner.provisioning.initialize(ROOT, { closeHierarchies: version === '2.0' });
      if (version === '2.0') {
        await machine.owner.tpm.setLockoutParameters(ROOT, { lockoutRecoverySeconds: 1 }, undefined);
      }
      return {
        ...{ options, run },
        [Symbol.asyncDispose]: async () => {
          await tpm.stop();
          rmSync(folder, { recursive: true });
        },
      };
    }

    for (const action of ['rawChange', 'rawClear'] as const) {
      it(`is the TPM’s own value or void after each step of a ${action === 'rawChange' ? 'change' : 'clear'}`, async () => {
        const kept: boolean[] = [];
        for (let killAt = 1; ; killAt++) {
          await using box = await fixture(FULL);
          const next = Buffer.alloc(20, 7).toString('base64');
          const ended = box.run({ action, next, killAt });
          // Fails if the stored value is then not the TPM's, because the process tries it.
          const recovered = box.run({ action: 'recover', killAt: 0 });
          assert.ok(recovered !== 'killed', `step ${killAt}`);
          kept.push(recovered.kept !== null);
          if (ended !== 'killed') break;
        }
        assert.equal(kept[0], true, 'a command that the TPM never got voids nothing');
        assert.ok(kept.length >= 4, `${kept.length} steps`);
        assert.deepEqual(kept, [...kept].sort().reverse(), 'kept before the TPM has changed, void ever after');
      });
    }

    it('is not returned while uncertain: the first use asks the TPM, once', async () => {
      await using box = await fixture(FULL);
      const next = Buffer.alloc(20, 7).toString('base64');
      assert.equal(box.run({ action: 'rawChange', next, killAt: 2 }), 'killed');
      await using machine = await startMachine(box.options);
      await assert.rejects(machine.owner.ownerAuth.get(ROOT, 1), { symbol: 'TBS_E_OWNERAUTH_NOT_FOUND' });
      assert.ok(machine.events.some(({ message }) => /stored owner authorization is void/.test(message)));
      const tries = machine.sent.filter(
        (code) => code === (version === '2.0' ? TPM_CC.HierarchyChangeAuth : TPM_ORD.ChangeAuthOwner),
      ).length;
      assert.equal(tries, 1);
    });

    it('is void for delegated material as well', async () => {
      await using box = await fixture(DELEGATED);
      const known = new Uint8Array(20).fill(9);
      const material = version === '2.0' ? 'storage' : 'administratorDelegation';
      {
        await using machine = await startMachine({ ...box.options, settings: { osManagedAuthLevel: FULL } });
        const { coordinator } = machine.owner;
        await coordinator.exclusive(() => coordinator.applyLevel(DELEGATED, known));
        assert.equal(coordinator.parts.secrets.has(material), true);
      }
      // Delegations outlive a change of the owner's secret on a TPM 1.2, and nothing a clear.
      const action = 'rawClear';
      const current = Buffer.from(known).toString('base64');
      assert.equal(box.run({ action, current, killAt: 1 }), 'killed');
      {
        await using unchanged = await startMachine(box.options);
        assert.equal(unchanged.owner.coordinator.parts.secrets.has(material), true, 'the TPM never got it');
      }
      assert.equal(box.run({ action, current, killAt: 2 }), 'killed');
      await using machine = await startMachine(box.options);
      assert.equal(machine.owner.coordinator.parts.secrets.has(material), false);
    });
  });
}
