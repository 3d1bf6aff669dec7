/**
 * What policy forbids about the owner authorization: each refusal names the GPO that decided, and who can change it.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryBackup } from '../../../ts-core/application/owner-auth/directory-backup.js';
import type { PolicySettingName, PolicySettings } from '../../../ts-core/domain/policy/settings.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { TPM_RH } from '../../../ts-core/domain/tpm20/codes.js';
import { policyOf, STRICT_GPO } from '../../domain/filter/filter-fixtures.js';
import { ROOT } from '../../support/callers.js';
import { type Machine, startMachine } from '../../support/owner-auth-machine.js';
import { pendingCommand } from '../../support/pending-command.js';
import { type Swtpm, startSwtpm } from '../../support/swtpm.js';
import { authorized } from '../../support/tpm20-commands.js';

const EMPTY_AUTH_PARAMETER = new Uint8Array(2);

interface Refused {
  readonly what: string;
  readonly settings: Partial<PolicySettings>;
  readonly decides: PolicySettingName;
  readonly ask: (machine: Machine) => unknown;
}

/** Throws the error with which the gate would refuse the command. */
function changeAuthByCommand({ owner }: Machine): void {
  const command = authorized('HierarchyChangeAuth', [TPM_RH.LOCKOUT], [...EMPTY_AUTH_PARAMETER]);
  const refusal = owner.coordinator.refusalOf(pendingCommand({ command, caller: ROOT }).pending);
  if (refusal !== undefined) throw refusal;
}

async function backUpWithoutDirectory({ owner }: Machine): Promise<void> {
  const { records, events, clock } = owner.coordinator.parts;
  const policy = () => policyOf({ activeDirectoryBackup: true }, STRICT_GPO);
  await new DirectoryBackup({ directory: undefined, policy, records, events, clock }).check();
}

const REFUSED: readonly Refused[] = [
  {
    what: 'importing what the level does not store',
    settings: { osManagedAuthLevel: 0 },
    decides: 'osManagedAuthLevel',
    ask: ({ owner }) => owner.ownerAuth.import(ROOT, new Uint8Array(20).fill(1)),
  },
  {
    what: 'closing hierarchies at a level that does not store their authorizations',
    settings: { osManagedAuthLevel: 0 },
    decides: 'osManagedAuthLevel',
    ask: ({ owner }) => owner.provisioning.initialize(ROOT, { closeHierarchies: true }),
  },
  {
    what: 'opening hierarchies that policy closes',
    settings: { closeHierarchies: true },
    decides: 'closeHierarchies',
    ask: ({ owner }) => owner.provisioning.openHierarchies(ROOT, {}),
  },
  {
    what: 'changing the owner authorization by a command without its backup',
    settings: { activeDirectoryBackup: true },
    decides: 'activeDirectoryBackup',
    ask: changeAuthByCommand,
  },
  {
    what: 'the same where a setting of its own requires the backup',
    settings: { activeDirectoryBackup: true, requireActiveDirectoryBackup: true },
    decides: 'requireActiveDirectoryBackup',
    ask: changeAuthByCommand,
  },
  {
    what: 'a backup without a directory',
    settings: { activeDirectoryBackup: true },
    decides: 'activeDirectoryBackup',
    ask: backUpWithoutDirectory,
  },
];

describe('a refusal of policy about the owner authorization', function () {
  this.timeout(60_000);
  let tpm: Swtpm;
  let folder: string;

  beforeEach(async () => {
    tpm = await startSwtpm({ version: '2.0', startup: true });
    folder = mkdtempSync(join(tmpdir(), 'owner-auth-'));
  });
  afterEach(async () => {
    await tpm.stop();
    rmSync(folder, { recursive: true });
  });

  for (const { what, settings, decides, ask } of REFUSED) {
    it(`names the GPO that decided: ${what}`, async () => {
      await using machine = await startMachine({ version: '2.0', tpmSocket: tpm.dataPath, folder, settings });
      await assert.rejects(
        async () => ask(machine),
        (error: unknown) => {
          assert.ok(error instanceof TbsError, String(error));
          assert.equal(error.symbol, 'TBS_E_PROVISIONING_NOT_ALLOWED');
          assert.deepEqual([error.details['setting'], error.details['source']], [decides, STRICT_GPO.location]);
          assert.match(
            error.action,
            /(\w+) .*in GPO "Strict" linked to DC=example,DC=com\. Administrators of the domain/,
          );
          return true;
        },
      );
    });
  }
});
