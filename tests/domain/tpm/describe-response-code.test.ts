import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describeResponseCode } from '../../../ts-core/domain/tpm/describe-response-code.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';

describe('response codes in words', () => {
  it('names success and format-zero codes of TPM 2.0', () => {
    assert.equal(describeResponseCode('2.0', 0).name, 'TPM_RC_SUCCESS');
    assert.equal(describeResponseCode('2.0', 0x100).name, 'TPM_RC_INITIALIZE');
    assert.equal(describeResponseCode('2.0', 0x143).name, 'TPM_RC_COMMAND_CODE');
    const lockout = describeResponseCode('2.0', 0x921);
    assert.deepEqual([lockout.name, lockout.isWarning, lockout.layer], ['TPM_RC_LOCKOUT', true, 'TPM']);
    assert.equal(describeResponseCode('2.0', 0x919).name, 'TPM_RC_REFERENCE_S1');
  });

  it('extracts the parameter, handle and session number from format-one codes', () => {
    const cases = [
      [0x98e, 'TPM_RC_AUTH_FAIL', 'session', 1],
      [0xa8e, 'TPM_RC_AUTH_FAIL', 'session', 2],
      [0x9a2, 'TPM_RC_BAD_AUTH', 'session', 1],
      [0x18b, 'TPM_RC_HANDLE', 'handle', 1],
      [0x2c4, 'TPM_RC_VALUE', 'parameter', 2],
      [0xfd5, 'TPM_RC_SIZE', 'parameter', 15],
    ] as const;
    for (const [code, name, kind, number] of cases) {
      const description = describeResponseCode('2.0', code);
      assert.equal(description.name, name);
      assert.deepEqual(description.subject, { kind, number });
      assert.match(description.text, new RegExp(`${kind} ${number}`));
    }
  });

  it('distinguishes a refusal by the broker from one by the TPM', () => {
    const blocked = describeResponseCode('2.0', 0x000c0143);
    assert.deepEqual([blocked.name, blocked.layer], ['TPM_RC_COMMAND_CODE', 'resource manager']);
    for (const code of [0x000c0902, 0x000c0903]) {
      assert.match(describeResponseCode('2.0', code).text, /maxResources of policy/);
    }
    assert.equal(describeResponseCode('2.0', 0x000a000a).layer, 'TCTI');
    assert.equal(describeResponseCode('2.0', 0x000b0001).layer, 'resource manager');
    assert.equal(describeResponseCode('2.0', 0x00550001).layer, 'layer 85');
  });

  it('describes codes without a name as far as possible', () => {
    assert.deepEqual(
      [describeResponseCode('2.0', 0x500).name, describeResponseCode('2.0', 0x500).text],
      ['0x500', "An error of the TPM's vendor."],
    );
    assert.equal(describeResponseCode('2.0', 0x0bf).name, '0x0BF');
    assert.equal(describeResponseCode('1.2', 0x450).text, "An error of the TPM's vendor.");
    assert.equal(describeResponseCode('1.2', 0x60).name, '0x060');
  });

  it('names the codes of TPM 1.2 and those that TBS adds', () => {
    assert.equal(describeResponseCode('1.2', 0x01).name, 'TPM_AUTHFAIL');
    assert.equal(describeResponseCode('1.2', 0x26).name, 'TPM_INVALID_POSTINIT');
    const blocked = describeResponseCode('1.2', 0x400);
    assert.deepEqual([blocked.name, blocked.layer], ['TPM_E_COMMAND_BLOCKED', 'resource manager']);
    const retry = describeResponseCode('1.2', 0x800);
    assert.deepEqual([retry.name, retry.layer, retry.isWarning], ['TPM_RETRY', 'TPM', true]);
  });

  it('has a name and a text for any 32 bits', () => {
    const anyCode = fc.oneof(fc.nat(0xffff), fc.nat(0xffffffff));
    fc.assert(
      fc.property(anyCode, fc.constantFrom<TpmVersion>('1.2', '2.0'), (code, version) => {
        const { name, text, layer } = describeResponseCode(version, code);
        assert.ok(name.length > 0 && text.length > 0 && layer.length > 0);
      }),
      { numRuns: 1000 },
    );
  });
});
