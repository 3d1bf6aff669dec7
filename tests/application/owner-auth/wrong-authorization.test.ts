/**
 * Tests that a wrong owner authorization goes to the TPM exactly once, whatever uses it: a second try would extend
 * the TPM's lockout. Counted at the TPM, on real software TPMs of both versions.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Caller } from '../../../ts-core/domain/caller.js';
import type { PolicySettings } from '../../../ts-core/domain/policy/settings.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { TPM_ORD } from '../../../ts-core/domain/tpm12/codes.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';
import { type Machine, startMachine } from '../../support/owner-auth-machine.js';
import { startSwtpm } from '../../support/swtpm.js';

const ROOT: Caller = { userKey: 'uid:0', callerClass: 'administrator' };
const WRONG = new Uint8Array(20).fill(9);

interface Use {
  readonly cmdlet: string;
  readonly settings?: Partial<PolicySettings>;
  readonly versions?: readonly TpmVersion[];
  run(machine: Machine): Promise<unknown>;
}

const BACKED_UP = { activeDirectoryBackup: true, osManagedAuthLevel: 4 } as const;

const USES: readonly Use[] = [
  {
    cmdlet: 'Set-TpmOwnerAuth',
    run: ({ owner }) => owner.ownerAuth.set(ROOT, WRONG, new Uint8Array(20).fill(3)),
  },
  {
    cmdlet: 'Set-TpmOwnerAuth with a required backup',
    settings: BACKED_UP,
    run: ({ owner }) => owner.ownerAuth.set(ROOT, WRONG, new Uint8Array(20).fill(3)),
  },
  { cmdlet: 'Import-TpmOwnerAuth', run: ({ owner }) => owner.ownerAuth.import(ROOT, WRONG) },
  { cmdlet: 'Clear-Tpm', run: ({ owner }) => owner.ownerAuth.clear(ROOT, WRONG) },
  { cmdlet: 'Unblock-Tpm', run: ({ owner }) => owner.ownerAuth.unblock(ROOT, WRONG) },
  { cmdlet: 'Backup-TpmOwnerAuth', settings: BACKED_UP, run: ({ owner }) => owner.backup.run(ROOT, WRONG) },
  {
    cmdlet: 'Set-TpmLockoutParameter',
    versions: ['2.0'],
    run: ({ owner }) => owner.tpm.setLockoutParameters(ROOT, { maxTries: 40 }, WRONG),
  },
];

/**
 * Commands that use the owner authorization: HierarchyChangeAuth, Clear, DictionaryAttack…; ChangeAuthOwner,
 * OwnerClear, ResetLockValue.
 */
const OWNER_COMMANDS: Readonly<Record<TpmVersion, readonly number[]>> = {
  '2.0': [
    TPM_CC.HierarchyChangeAuth,
    TPM_CC.Clear,
    TPM_CC.DictionaryAttackLockReset,
    TPM_CC.DictionaryAttackParameters,
  ],
  '1.2': [TPM_ORD.ChangeAuthOwner, TPM_ORD.OwnerClear, TPM_ORD.ResetLockValue],
};

for (const version of ['2.0', '1.2'] as const) {
  describe(`a wrong owner authorization on a TPM ${version}`, function () {
    this.timeout(60_000);

    for (const { cmdlet, settings = {}, versions = ['2.0', '1.2'], run } of USES) {
      if (!versions.includes(version)) continue;

      it(`is tried exactly once by ${cmdlet}, which reports it, and changes nothing`, async () => {
        await using tpm = await startSwtpm({ version, startup: true });
        const folder = mkdtempSync(join(tmpdir(), 'owner-auth-'));
        try {
          await using machine = await startMachine({ version, tpmSocket: tpm.dataPath, folder, settings });
          await machine.owner.provisioning.initialize(ROOT);
          const kept = await machine.owner.ownerAuth.get(ROOT, 1);
          const directory = machine.directory();
          const { failedTries } = await machine.owner.tpm.lockoutParameters();
          const before = machine.sent.length;
          const failure = await run(machine).then(
            () => undefined,
            (error: unknown) => error,
          );
          const tries = machine.sent.slice(before).filter((code) => OWNER_COMMANDS[version].includes(code));
          assert.equal(tries.length, 1, `sent ${tries}`);
          assert.ok(failure instanceof TbsError, String(failure));
          assert.equal(failure.symbol, version === '2.0' ? 'TPM_20_E_AUTH_FAIL' : 'TPM_E_AUTHFAIL');
          assert.equal(failure.details['tried'], true);
          assert.match(failure.message, /once/);
          const after = await machine.owner.tpm.lockoutParameters();
          if (version === '1.2') assert.equal(after.failedTries, failedTries + 1, 'by the TPM’s own count');
          assert.deepEqual(await machine.owner.ownerAuth.get(ROOT, 1), kept);
          assert.deepEqual(machine.directory(), directory);
          assert.equal(machine.owner.coordinator.parts.secrets.has('pending'), false);
          if (version === '2.0') await isRefusedWithoutATry(machine);
        } finally {
          rmSync(folder, { recursive: true });
        }
      });
    }
  });
}

describe('repeated wrong owner authorizations', function () {
  this.timeout(60_000);

  it('cause one warning if they bring a TPM 1.2 close to its own lockout', async () => {
    await using tpm = await startSwtpm({ version: '1.2', startup: true });
    const folder = mkdtempSync(join(tmpdir(), 'owner-auth-'));
    try {
      await using machine = await startMachine({ version: '1.2', tpmSocket: tpm.dataPath, folder });
      await machine.owner.provisioning.initialize(ROOT);
      const { maxTries } = await machine.owner.tpm.lockoutParameters();
      const warnings = () => machine.events.filter(({ message }) => /own lockout|is locked out/.test(message));
      assert.deepEqual(warnings(), []);
      for (let attempt = 0; attempt <= (maxTries ?? 0); attempt++) {
        await assert.rejects(machine.owner.ownerAuth.unblock(ROOT, WRONG));
      }
      // The watch queries the TPM after the responses, so a later task in the queue runs after that query.
      await machine.owner.tpm.lockoutParameters();
      assert.equal(warnings().length, 1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** After a wrong value, a TPM 2.0 does not compare the right one either, and the error reports exactly that. */
async function isRefusedWithoutATry(machine: Machine): Promise<void> {
  await assert.rejects(machine.owner.ownerAuth.unblock(ROOT, undefined), (error) => {
    assert.ok(error instanceof TbsError);
    assert.deepEqual([error.symbol, error.details['tried']], ['TPM_20_E_LOCKOUT', false]);
    return true;
  });
}
