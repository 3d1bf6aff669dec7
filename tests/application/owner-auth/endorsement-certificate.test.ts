/**
 * Tests the endorsement key, its type, and the manufacturer's certificate in the TPM, which takes several commands to
 * read.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EndorsementKey } from '../../../ts-core/application/owner-auth/owner-tpm.js';
import type { Caller } from '../../../ts-core/domain/caller.js';
import type { OsManagedAuthLevel } from '../../../ts-core/domain/policy/settings.js';
import { readUint32 } from '../../../ts-core/domain/tpm/command-header.js';
import { TPM_ALG, TPM_CC, TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import { aboutParameter, refusal } from '../../../ts-core/domain/tpm20/responses.js';
import { startMachine } from '../../support/owner-auth-machine.js';
import { startSwtpm } from '../../support/swtpm.js';
import { tpmOfEachTest } from '../../support/tpm-of-each-test.js';
import { manufactureWithCertificate, run, TpmConnection } from '../../support/tpm12-client.js';

const ROOT: Caller = { userKey: 'uid:0', callerClass: 'administrator' };
const ALICE: Caller = { userKey: 'uid:61001', callerClass: 'standardUser' };

/** A DER SEQUENCE of 1300 bytes. */
function someCertificate(): Buffer {
  return Buffer.concat([Buffer.from([0x30, 0x82, 0x05, 0x10]), randomBytes(1296)]);
}

const certificatesOf = (key: EndorsementKey | undefined) => key?.certificates.map((each) => Buffer.from(each));

describe('the endorsement key of a TPM 2.0', function () {
  this.timeout(60_000);
  const its = tpmOfEachTest('2.0');

  const tool = (name: string, args: string[], input?: Uint8Array) =>
    execFileSync(name, args, { env: { ...process.env, TPM2TOOLS_TCTI: its.tpm.tcti }, input, timeout: 15_000 });

  function storeCertificate(index: string): Buffer {
    const certificate = someCertificate();
    const attributes = 'ownerwrite|ownerread|authread|ppread|no_da';
    tool('tpm2_nvdefine', [index, '-C', 'o', '-s', String(certificate.length + 100), '-a', attributes]);
    // Filled up, as manufacturers do.
    tool('tpm2_nvwrite', [index, '-C', 'o', '-i', '-'], Buffer.concat([certificate, Buffer.alloc(100, 0xff)]));
    return certificate;
  }

  for (const [kind, index] of Object.entries({
    'RSA 2048': '0x01C00002',
    'ECC P-256': '0x01C0000A',
    'ECC P-384 (high range)': '0x01C00016',
  })) {
    it(`comes with the complete ${kind} certificate in NV, even if one response cannot hold it`, async () => {
      const certificate = storeCertificate(index);
      await using machine = await its.start();
      assert.equal(await machine.owner.tpm.endorsementKey(ROOT), undefined, 'no key yet');
      await machine.owner.provisioning.initialize(ROOT);
      const key = await machine.owner.tpm.endorsementKey(ALICE);
      assert.deepEqual(certificatesOf(key), [certificate]);
      assert.deepEqual([key?.publicKey.algorithm, key?.publicKey.unique.length], ['rsa', 256]);
    });
  }

  it('is on the curve P-256 if that is configured, with the storage root key, and all else works as with RSA', async () => {
    let key: EndorsementKey | undefined;
    let storage = '';
    let endorsement = '';
    {
      await using machine = await its.start({
        keyAlgorithm: 'eccP256',
      });
      assert.equal((await machine.owner.provisioning.initialize(ROOT)).ready, true);
      key = await machine.owner.tpm.endorsementKey(ROOT);
      storage = Buffer.from(await machine.owner.ownerAuth.get(ROOT, 13)).toString('hex');
      endorsement = Buffer.from(await machine.owner.ownerAuth.get(ROOT, 12)).toString('hex');
      const next = new Uint8Array(20).fill(5);
      await machine.owner.ownerAuth.set(ROOT, undefined, next);
      assert.deepEqual(await machine.owner.ownerAuth.get(ROOT, 1), next, 'sealed under the ECC key');
    }
    const { algorithm, curve, unique } = key?.publicKey ?? { unique: new Uint8Array() };
    assert.deepEqual([algorithm, curve, unique.length], ['ecc', 'P-256', 64]);
    assert.match(tool('tpm2_readpublic', ['-c', '0x81000001']).toString(), /NIST p256/);
    // The template is the TCG's, so creating the key again from it gives the same one.
    const again = join(its.folder, 'ek.pub');
    const secrets = ['-P', `hex:${endorsement}`, '-w', `hex:${storage}`];
    tool('tpm2_createek', ['-G', 'ecc', '-c', join(its.folder, 'ek.ctx'), '-u', again, ...secrets]);
    const made = readFileSync(again);
    assert.ok(made.includes(Buffer.from(unique.subarray(0, 32))) && made.includes(Buffer.from(unique.subarray(32))));
  });

  it('is on the curve P-256 automatically on a TPM without RSA', async () => {
    await using machine = await its.start({
      answer: (command) => {
        const asksForRsa = readUint32(command, 6) === TPM_CC.TestParms && command[11] === TPM_ALG.RSA;
        return asksForRsa ? refusal(aboutParameter(TPM_RC.VALUE, 1)) : undefined;
      },
    });
    assert.equal((await machine.owner.provisioning.initialize(ROOT)).ready, true);
    assert.equal((await machine.owner.tpm.endorsementKey(ROOT))?.publicKey.algorithm, 'ecc');
  });

  it('is not created if the TPM does not support the configured type; the error names the setting', async () => {
    await using machine = await its.start({
      keyAlgorithm: 'rsa2048',
      answer: (command) =>
        readUint32(command, 6) === TPM_CC.TestParms ? refusal(aboutParameter(TPM_RC.VALUE, 1)) : undefined,
    });
    await assert.rejects(machine.owner.provisioning.initialize(ROOT), {
      symbol: 'TBS_E_PROVISIONING_INCOMPLETE',
      action: /provisioning\.keyAlgorithm/,
    });
    assert.equal((await machine.owner.tpm.ownership()).owned, false);
  });
});

describe('the endorsement key of a TPM 1.2', function () {
  this.timeout(60_000);

  it('comes with the manufacturer’s certificate, which only the owner may read; everybody can read the key', async () => {
    await using tpm = await startSwtpm({ version: '1.2', startup: true });
    const folder = mkdtempSync(join(tmpdir(), 'owner-auth-'));
    const certificate = someCertificate();
    {
      await using connection = await TpmConnection.open(tpm.dataPath);
      await run(manufactureWithCertificate(certificate), connection.transmit);
    }
    const start = (osManagedAuthLevel: OsManagedAuthLevel) =>
      startMachine({ version: '1.2', tpmSocket: tpm.dataPath, folder, settings: { osManagedAuthLevel } });
    try {
      let modulus: Uint8Array | undefined;
      {
        await using machine = await start(4);
        assert.equal(await machine.owner.tpm.endorsementKey(ROOT), undefined, 'no key yet');
        await machine.owner.provisioning.initialize(ROOT);
        const key = await machine.owner.tpm.endorsementKey(ROOT);
        assert.deepEqual(certificatesOf(key), [certificate]);
        modulus = key?.publicKey.unique;
        assert.equal(modulus?.length, 256);
        const forAlice = await machine.owner.tpm.endorsementKey(ALICE);
        assert.deepEqual([forAlice?.publicKey.algorithm, certificatesOf(forAlice)], ['other', []]);
      }
      await using machine = await start(2);
      const delegated = await machine.owner.tpm.endorsementKey(ROOT);
      assert.deepEqual(delegated?.publicKey.unique, modulus, 'by the endorsement delegation');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the lockout of a TPM 1.2', function () {
  this.timeout(60_000);

  it('reports how many seconds remain while it lasts', async () => {
    await using tpm = await startSwtpm({ version: '1.2', startup: true });
    const folder = mkdtempSync(join(tmpdir(), 'owner-auth-'));
    try {
      await using machine = await startMachine({ version: '1.2', tpmSocket: tpm.dataPath, folder });
      await machine.owner.provisioning.initialize(ROOT);
      const wrong = new Uint8Array(20).fill(9);
      const before = await machine.owner.tpm.lockoutParameters();
      assert.deepEqual([before.lockedOut, before.recoverySeconds], [false, null]);
      for (let attempt = 0; attempt <= (before.maxTries ?? 0); attempt++) {
        await assert.rejects(machine.owner.ownerAuth.unblock(ROOT, wrong));
      }
      const after = await machine.owner.tpm.lockoutParameters();
      assert.equal(after.lockedOut, true);
      assert.ok((after.recoverySeconds ?? 0) > 0, String(after.recoverySeconds));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
