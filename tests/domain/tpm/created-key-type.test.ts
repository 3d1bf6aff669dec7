import assert from 'node:assert/strict';
import fc from 'fast-check';
import { concat, sized, uint16, uint32 } from '../../../ts-core/domain/tpm/byte-fields.js';
import { createdKeyType, describeKeyType } from '../../../ts-core/domain/tpm/created-key-type.js';
import { TPM_KEY_USAGE } from '../../../ts-core/domain/tpm12/codes.js';
import { keyTemplate } from '../../../ts-core/domain/tpm12/structures.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';
import { createPrimaryEcc, createPrimaryRsa, GET_RANDOM_20, SIGNING_KEY } from '../../support/tpm20-commands.js';

const CREATE_PRIMARY = TPM_CC.CreatePrimary;

function type20(command: Uint8Array, code: number = CREATE_PRIMARY): string | null {
  return describeKeyType(createdKeyType('2.0', code, command));
}

/** TPM2_CreatePrimary in TPM_RH_NULL with this TPMT_PUBLIC, of which the parameters are given. */
function create(algorithm: number, parameters: Uint8Array): Uint8Array {
  const area = concat(uint16(algorithm), uint16(0x000b), uint32(0x00040072), uint16(0), parameters);
  const password = sized(Uint8Array.of(0x40, 0, 0, 9, 0, 0, 0, 0, 0));
  const body = concat(uint32(0x40000007), password, uint16(4), uint32(0), uint16(area.length), area);
  return concat(uint16(0x8002), uint32(10 + body.length), uint32(CREATE_PRIMARY), body);
}

describe('the type of the key that a command creates', () => {
  it('is in the public area of a TPM 2.0 command, whatever its scheme and symmetric algorithm', () => {
    assert.equal(type20(createPrimaryRsa(1, 3072)), 'RSA 3072');
    assert.equal(type20(createPrimaryEcc('x', SIGNING_KEY.noDa)), 'ECC P-256');
    const aes128 = concat(uint16(0x0006), uint16(128), uint16(0x0043));
    const none = uint16(0x0010);
    for (const [symmetric, scheme] of [
      [aes128, none],
      [none, concat(uint16(0x0016), uint16(0x000b))],
      [none, uint16(0x0015)],
    ] as const) {
      assert.equal(type20(create(0x0001, concat(symmetric, scheme, uint16(2048), uint32(0)))), 'RSA 2048');
    }
    const ecdaa = concat(uint16(0x001a), uint16(0x000b), uint16(0));
    assert.equal(type20(create(0x0023, concat(none, ecdaa, uint16(0x0010), none))), 'ECC BN P-256');
    assert.equal(type20(create(0x0025, aes128)), 'symmetric 128');
    assert.equal(type20(create(0x0008, none)), 'keyed hash');
  });

  it('is in the template of a TPM 1.2 command', () => {
    const key = keyTemplate({ usage: TPM_KEY_USAGE.SIGNING, needsAuthorization: true });
    for (const [ordinal, secrets] of [
      [31, 40],
      [19, 20],
    ] as const) {
      const body = concat(uint32(0x40000000), new Uint8Array(secrets), key);
      const command = concat(uint16(0x00c2), uint32(10 + body.length), uint32(ordinal), body);
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
          ['1.2', 31],
        ] as const) {
          const type = createdKeyType(version, code, bytes);
          assert.ok(Number.isSafeInteger(type) && type >= 0);
        }
      }),
    );
  });
});
