import assert from 'node:assert/strict';
import fc from 'fast-check';
import { concat, uint32 } from '../../../ts-core/domain/tpm/byte-fields.js';
import { createdKeyType, describeKeyType } from '../../../ts-core/domain/tpm/created-key-type.js';
import { TPM_KEY_USAGE, TPM_KH, TPM_ORD, TPM_TAG } from '../../../ts-core/domain/tpm12/codes.js';
import { keyTemplate } from '../../../ts-core/domain/tpm12/structures.js';
import { TPM_ALG, TPM_CC, TPM_ECC_CURVE, TPM_RH } from '../../../ts-core/domain/tpm20/codes.js';
import { command12 } from '../../support/tpm12-commands.js';
import {
  authorized,
  createPrimaryEcc,
  createPrimaryRsa,
  GET_RANDOM_20,
  SIGNING_KEY,
  sized,
  u16,
  u32,
} from '../../support/tpm20-commands.js';

const CREATE_PRIMARY = TPM_CC.CreatePrimary;
/** A signature scheme that the broker itself never uses. TCG Algorithm Registry, 6.1. */
const RSAPSS = 0x0016;

function type20(command: Uint8Array, code: number = CREATE_PRIMARY): string | null {
  return describeKeyType(createdKeyType('2.0', code, command));
}

/** TPM2_CreatePrimary in TPM_RH_NULL with this TPMT_PUBLIC, of which the parameters are given. */
function create(algorithm: number, parameters: readonly number[]): Uint8Array {
  const attributes = u32(SIGNING_KEY.underDa);
  const area = [...u16(algorithm), ...u16(TPM_ALG.SHA256), ...attributes, ...sized([]), ...parameters];
  const emptySensitive = sized([...sized([]), ...sized([])]);
  return authorized('CreatePrimary', [TPM_RH.NULL], [...emptySensitive, ...sized(area)]);
}

describe('the type of the key that a command creates', () => {
  it('is in the public area of a TPM 2.0 command, whatever its scheme and symmetric algorithm', () => {
    assert.equal(type20(createPrimaryRsa(1, 3072)), 'RSA 3072');
    assert.equal(type20(createPrimaryEcc('x', SIGNING_KEY.noDa)), 'ECC P-256');
    const aes128 = [TPM_ALG.AES, 128, TPM_ALG.CFB].flatMap(u16);
    const none = u16(TPM_ALG.NULL);
    for (const [symmetric, scheme] of [
      [aes128, none],
      [none, [RSAPSS, TPM_ALG.SHA256].flatMap(u16)],
      [none, u16(TPM_ALG.RSAES)],
    ] as const) {
      const parameters = [...symmetric, ...scheme, ...u16(2048), ...u32(0)];
      assert.equal(type20(create(TPM_ALG.RSA, parameters)), 'RSA 2048');
    }
    const ecdaa = [TPM_ALG.ECDAA, TPM_ALG.SHA256, 0].flatMap(u16);
    const onBnP256 = [...none, ...ecdaa, ...u16(TPM_ECC_CURVE.BN_P256), ...none];
    assert.equal(type20(create(TPM_ALG.ECC, onBnP256)), 'ECC BN P-256');
    assert.equal(type20(create(TPM_ALG.SYMCIPHER, aes128)), 'symmetric 128');
    assert.equal(type20(create(TPM_ALG.KEYEDHASH, none)), 'keyed hash');
  });

  it('is in the template of a TPM 1.2 command', () => {
    const key = keyTemplate({ usage: TPM_KEY_USAGE.SIGNING, needsAuthorization: true });
    for (const [ordinal, secrets] of [
      [TPM_ORD.CreateWrapKey, 40],
      [TPM_ORD.CMK_CreateKey, 20],
    ] as const) {
      const body = concat(uint32(TPM_KH.SRK), new Uint8Array(secrets), key);
      const command = command12(ordinal, body, TPM_TAG.RQU_AUTH1_COMMAND);
      assert.equal(describeKeyType(createdKeyType('1.2', ordinal, command)), 'RSA 2048');
    }
  });

  it('is undefined for a command that creates no key, and for a truncated one', () => {
    assert.equal(type20(GET_RANDOM_20, TPM_CC.GetRandom), null);
    const whole = createPrimaryRsa(1, 2048);
    const typed = [...whole.keys()].filter((length) => type20(whole.subarray(0, length)) !== null);
    assert.ok((typed[0] as number) > 40, 'nothing is read behind the end');
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 10, maxLength: 200 }), (bytes) => {
        for (const [version, code] of [
          ['2.0', CREATE_PRIMARY],
          ['1.2', TPM_ORD.CreateWrapKey],
        ] as const) {
          const type = createdKeyType(version, code, bytes);
          assert.ok(Number.isSafeInteger(type) && type >= 0);
        }
      }),
    );
  });
});
