/** The certificate that a manufacturer puts into a TPM 2.0, read over several commands. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Caller } from '../../../ts-core/domain/caller.js';
import { startMachine } from '../../support/owner-auth-machine.js';
import { startSwtpm } from '../../support/swtpm.js';

const ROOT: Caller = { userKey: 'uid:0', callerClass: 'administrator' };
const EK_CERTIFICATE_RSA = '0x01C00002';

describe('the endorsement key of a TPM 2.0', function () {
  this.timeout(60_000);

  it('comes with the certificate that is in NV, whole, also when one answer cannot hold it', async () => {
    await using tpm = await startSwtpm({ version: '2.0', startup: true });
    const certificate = randomBytes(1300);
    const tool = (name: string, ...args: string[]) =>
      execFileSync(name, args, { env: { ...process.env, TPM2TOOLS_TCTI: tpm.tcti }, input: certificate });
    const attributes = 'ownerwrite|ownerread|authread|ppread|no_da';
    tool('tpm2_nvdefine', EK_CERTIFICATE_RSA, '-C', 'o', '-s', String(certificate.length), '-a', attributes);
    tool('tpm2_nvwrite', EK_CERTIFICATE_RSA, '-C', 'o', '-i', '-');
    const folder = mkdtempSync(join(tmpdir(), 'owner-auth-'));
    try {
      await using machine = await startMachine({ version: '2.0', tpmSocket: tpm.dataPath, folder });
      assert.equal(await machine.owner.tpm.endorsementKey(ROOT), undefined, 'no key yet');
      await machine.owner.provisioning.initialize(ROOT);
      const key = await machine.owner.tpm.endorsementKey(ROOT);
      assert.deepEqual(
        key?.certificates.map((each) => Buffer.from(each)),
        [certificate],
      );
      assert.equal(key?.publicKey.unique.length, 256);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
