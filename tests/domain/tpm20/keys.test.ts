import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { concat, TruncatedFieldError, uint16, uint32 } from '../../../ts-core/domain/tpm/byte-fields.js';
import { errorResponse } from '../../../ts-core/domain/tpm/command-header.js';
import { EMPTY_AUTH } from '../../../ts-core/domain/tpm20/authorized-command.js';
import {
  EK_HANDLE,
  handleType,
  SRK_HANDLE,
  TPM_ALG,
  TPM_CC,
  TPM_ECC_CURVE,
  TPM_HT,
  TPM_RC,
  TPM_RH,
  TRANSIENT_FIRST,
} from '../../../ts-core/domain/tpm20/codes.js';
import * as keys from '../../../ts-core/domain/tpm20/keys.js';
import { aboutHandle, aboutParameter } from '../../../ts-core/domain/tpm20/responses.js';
import { sized16 } from '../../../ts-core/domain/tpm20/structures.js';
import { answered, success, successWithSession } from '../../support/answered-exchange.js';
import { truncationsOf } from '../../support/damaged-answers.js';
import { Replay, toHex } from '../../support/tpm-conversations.js';

const OBJECT = TRANSIENT_FIRST + 2;
const OWNER_AUTH = Uint8Array.of(0x5a);
const OWNER_SESSION = ['0000000a', '40000009', '0000', '01', '0001', '5a'];

describe('the template of a storage root key', () => {
  it('is the one of the Provisioning Guidance for RSA 2048 and ECC P-256', () => {
    const common = ['000b', '00030472', '0000', '0006', '0080', '0043', '0010'];
    assert.equal(
      toHex(keys.srkTemplate('rsa2048')),
      ['0001', ...common, '0800', '00000000', '0100', '00'.repeat(256)].join(''),
    );
    const zeros = ['0020', '00'.repeat(32)];
    assert.equal(toHex(keys.srkTemplate('eccP256')), ['0023', ...common, '0003', '0010', ...zeros, ...zeros].join(''));
  });
});

describe('the template of an endorsement key', () => {
  /** TPM 2.0 Part 3, 23.4: policySession becomes H(H(0 || TPM_CC_PolicySecret || name of the hierarchy) || policyRef). */
  const policySecretOfEndorsement = () => {
    const sha256 = (...parts: Uint8Array[]) =>
      new Uint8Array(
        createHash('sha256')
          .update(concat(...parts))
          .digest(),
      );
    return sha256(sha256(new Uint8Array(32), uint32(TPM_CC.PolicySecret), uint32(TPM_RH.ENDORSEMENT)));
  };

  it('has the policy that the endorsement hierarchy’s authorization satisfies', () => {
    for (const algorithm of keys.KEY_ALGORITHMS) {
      const template = toHex(keys.ekTemplate(algorithm));
      assert.equal(template.slice(4, 16), '000b000300b2', 'SHA-256, and the attributes of the profile');
      assert.equal(template.slice(16, 84), `0020${toHex(policySecretOfEndorsement())}`);
      assert.equal(template.slice(84), toHex(keys.srkTemplate(algorithm)).slice(20), 'the rest is the storage key’s');
    }
  });
});

describe('a kind of storage key', () => {
  it('is offered if the TPM accepts its parameters', () => {
    const { result, sent } = answered(keys.offersKey('eccP256'), success());
    assert.equal(result, true);
    const parameters = ['0023', '0006', '0080', '0043', '0010', '0003', '0010'];
    assert.deepEqual(sent.map(toHex), [['8001', '00000018', '0000018a', ...parameters].join('')]);
    assert.equal(new Replay('2.0', 'offersKey rsa2048', () => keys.offersKey('rsa2048')).run(), true);
  });

  it('is not offered if the TPM rejects them, and may be if the TPM cannot say', () => {
    const answers = [aboutParameter(TPM_RC.VALUE, 1), TPM_RC.CURVE, TPM_RC.COMMAND_CODE];
    assert.deepEqual(
      answers.map((code) => answered(keys.offersKey('eccP256'), errorResponse('2.0', code)).result),
      [false, false, true],
    );
  });

  it('stays unknown if the transport fails', () => {
    const exchange = keys.offersKey('rsa2048');
    exchange.next();
    assert.throws(() => exchange.throw(new Error('unplugged')), /unplugged/);
  });
});

describe('a primary key', () => {
  it('is created with the hierarchy’s authorization and an empty one of its own', () => {
    const template = Uint8Array.of(0x0a, 0x0b, 0x0c);
    const created = successWithSession(new Uint8Array(8), OBJECT);
    const { result, sent } = answered(keys.createPrimary(TPM_RH.OWNER, OWNER_AUTH, template), created);
    assert.equal(result, OBJECT);
    const parameters = ['0004', '0000', '0000', '0003', '0a0b0c', '0000', '00000000'];
    assert.deepEqual(sent.map(toHex), [
      ['8002', '0000002d', '00000131', '40000001', ...OWNER_SESSION, ...parameters].join(''),
    ]);
  });

  it('is created, made persistent and flushed by the commands that a TPM accepted', () => {
    const { createPrimary, srkTemplate, ekTemplate } = keys;
    const srk = new Replay('2.0', 'createPrimary rsa2048', () =>
      createPrimary(TPM_RH.OWNER, EMPTY_AUTH, srkTemplate('rsa2048')),
    );
    const handle = srk.run();
    assert.equal(handleType(handle), TPM_HT.TRANSIENT);
    new Replay('2.0', 'makePersistent', () => keys.makePersistent(EMPTY_AUTH, handle, SRK_HANDLE)).run();
    new Replay('2.0', 'flushContext', () => keys.flushObject(handle)).run();
    new Replay('2.0', 'createPrimary eccP256', () =>
      createPrimary(TPM_RH.ENDORSEMENT, EMPTY_AUTH, ekTemplate('eccP256')),
    ).run();
  });

  it('has no handle in an answer that is too short for one', () => {
    for (const cut of truncationsOf(successWithSession(new Uint8Array(), 1), 14)) {
      const created = keys.createPrimary(TPM_RH.OWNER, EMPTY_AUTH, new Uint8Array());
      assert.throws(() => answered(created, cut), TruncatedFieldError, `${cut.length} bytes`);
    }
  });

  it('is made persistent by the owner', () => {
    const { sent } = answered(keys.makePersistent(OWNER_AUTH, OBJECT, EK_HANDLE), successWithSession());
    assert.deepEqual(sent.map(toHex), [
      ['8002', '00000024', '00000120', '40000001', '80000002', ...OWNER_SESSION, '81010001'].join(''),
    ]);
  });

  it('is flushed without authorization', () => {
    const { sent } = answered(keys.flushObject(OBJECT), success());
    assert.deepEqual(sent.map(toHex), ['80010000000e0000016580000002']);
  });
});

describe('the public area of an object', () => {
  it('is read as the TPM has it', () => {
    const { result, sent } = answered(keys.readPublic(EK_HANDLE), success(sized16(Uint8Array.of(1, 2, 3))));
    assert.deepEqual(result, Uint8Array.of(1, 2, 3));
    assert.deepEqual(sent.map(toHex), ['80010000000e0000017381010001']);
  });

  it('is undefined for a persistent handle that does not exist', () => {
    assert.equal(new Replay('2.0', 'readPublic of none', () => keys.readPublic(SRK_HANDLE)).run(), undefined);
    const codes = [aboutHandle(TPM_RC.HANDLE, 0), aboutHandle(TPM_RC.VALUE, 0), TPM_RC.REFERENCE_H0];
    for (const code of codes) {
      assert.equal(answered(keys.readPublic(EK_HANDLE), errorResponse('2.0', code)).result, undefined);
    }
  });

  it('is not taken for missing when the TPM cannot answer now', () => {
    const codes = [TPM_RC.RETRY, TPM_RC.FAILURE, TPM_RC.REFERENCE_H1, aboutHandle(TPM_RC.HIERARCHY, 0)];
    for (const code of codes) {
      assert.throws(() => answered(keys.readPublic(EK_HANDLE), errorResponse('2.0', code)), { responseCode: code });
    }
  });
});

describe('the public key in a storage key’s public area', () => {
  it('is the modulus of an RSA key of a TPM, with the usual exponent', () => {
    const area = new Replay('2.0', 'readPublic rsa2048', () => keys.readPublic(SRK_HANDLE)).run() as Uint8Array;
    const { algorithm, curve, unique, exponent } = keys.readPublicKey(area);
    assert.deepEqual([algorithm, curve, exponent], ['rsa', undefined, 65537]);
    assert.deepEqual(unique, area.slice(-256));
  });

  it('is a point of the curve of an ECC key of a TPM', () => {
    const area = new Replay('2.0', 'readPublic eccP256', () => keys.readPublic(TRANSIENT_FIRST)).run() as Uint8Array;
    const { algorithm, curve, unique } = keys.readPublicKey(area);
    assert.deepEqual([algorithm, curve], ['ecc', 'P-256']);
    assert.deepEqual(unique, concat(area.slice(-66, -34), area.slice(-32)));
  });

  const symmetric = [uint16(TPM_ALG.AES), uint16(128), uint16(TPM_ALG.CFB)];
  const start = (type: number) => [uint16(type), uint16(TPM_ALG.SHA256), uint32(0x00030472), sized16(Uint8Array.of(9))];

  it('has an exponent of its own if the TPM names one, and no symmetric algorithm if the key has none', () => {
    const parameters = [uint16(TPM_ALG.NULL), uint16(TPM_ALG.NULL), uint16(1024), uint32(3)];
    const area = concat(...start(TPM_ALG.RSA), ...parameters, sized16(Uint8Array.of(7)));
    assert.deepEqual(keys.readPublicKey(area), { algorithm: 'rsa', exponent: 3, unique: Uint8Array.of(7) });
  });

  it('has coordinates as long as the curve’s field, though the TPM omits leading zeros', () => {
    const [ECDH, KDF1_SP800_56A] = [0x0019, 0x0020];
    for (const [curve, name, bytes] of [
      [TPM_ECC_CURVE.NIST_P256, 'P-256', 32],
      [TPM_ECC_CURVE.NIST_P384, 'P-384', 48],
      [TPM_ECC_CURVE.NIST_P521, 'P-521', 66],
    ] as const) {
      const scheme = [uint16(ECDH), uint16(TPM_ALG.SHA256)];
      const kdf = [uint16(KDF1_SP800_56A), uint16(TPM_ALG.SHA256)];
      const point = [sized16(Uint8Array.of(1, 2)), sized16(new Uint8Array(bytes).fill(3))];
      const area = concat(...start(TPM_ALG.ECC), ...symmetric, ...scheme, uint16(curve), ...kdf, ...point);
      const key = keys.readPublicKey(area);
      const x = [...new Array<number>(bytes - 2).fill(0), 1, 2];
      assert.deepEqual([key.algorithm, key.curve, key.exponent], ['ecc', name, 0]);
      assert.deepEqual([...key.unique], [...x, ...new Array<number>(bytes).fill(3)]);
    }
  });

  it('is of another kind for unknown curves and algorithms', () => {
    const other = { algorithm: 'other', unique: new Uint8Array(), exponent: 0 };
    const ecc = concat(
      ...start(TPM_ALG.ECC),
      ...symmetric,
      uint16(TPM_ALG.NULL),
      uint16(TPM_ECC_CURVE.BN_P256),
      uint16(TPM_ALG.NULL),
    );
    assert.deepEqual(keys.readPublicKey(ecc), other);
    assert.deepEqual(keys.readPublicKey(concat(...start(TPM_ALG.KEYEDHASH))), other);
  });

  it('is never read from an area that ends too early', () => {
    for (const name of ['readPublic rsa2048', 'readPublic eccP256'] as const) {
      const handle = name === 'readPublic rsa2048' ? SRK_HANDLE : TRANSIENT_FIRST;
      const area = new Replay('2.0', name, () => keys.readPublic(handle)).run() as Uint8Array;
      for (let length = 0; length < area.length; length++) {
        assert.throws(() => keys.readPublicKey(area.subarray(0, length)), TruncatedFieldError, `${length} bytes`);
      }
    }
  });
});
