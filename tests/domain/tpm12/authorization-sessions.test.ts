import assert from 'node:assert/strict';
import { nodeCrypto12 as crypto } from '../../../ts-core/adapters/crypto/node-crypto12.js';
import { concat, TruncatedFieldError } from '../../../ts-core/domain/tpm/byte-fields.js';
import {
  encryptNewSecret,
  flushSession,
  openDsap,
  openOiap,
  openOsap,
} from '../../../ts-core/domain/tpm12/authorization-sessions.js';
import { TPM_ET, TPM_KH } from '../../../ts-core/domain/tpm12/codes.js';
import { success } from '../../../ts-core/domain/tpm12/responses.js';
import { answered } from '../../support/answered-exchange.js';
import { truncationsOf } from '../../support/damaged-answers.js';
import { Replay, toHex } from '../../support/tpm-conversations.js';
import { OWNER_SECRET, secret } from '../../support/tpm12-client.js';

const OWNER = { type: TPM_ET.OWNER, value: TPM_KH.OWNER, secret: OWNER_SECRET };
const [NONCE_EVEN, NONCE_EVEN_OSAP, NONCE_ODD] = [1, 2, 3].map((fill) => new Uint8Array(20).fill(fill)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const fixed = { ...crypto, randomBytes: () => NONCE_ODD };
const HANDLE = Uint8Array.of(0x02, 0, 0, 0x07);

/** TPM Main Part 1, 13.3: the key of the HMACs is HMAC(secret of the entity, nonceEvenOSAP || nonceOddOSAP). */
const sharedSecret = (entitySecret: Uint8Array) => crypto.hmacSha1(entitySecret, concat(NONCE_EVEN_OSAP, NONCE_ODD));

describe('an OIAP session', () => {
  it('has the TPM’s handle and nonce, and no secret of its own', () => {
    const { result, sent } = answered(openOiap(crypto), success(concat(HANDLE, NONCE_EVEN)));
    assert.deepEqual(result, { handle: 0x02000007, nonceEven: NONCE_EVEN, sharedSecret: undefined });
    assert.deepEqual(sent.map(toHex), ['00c10000000a0000000a']);
    assert.equal(new Replay('1.2', 'oiap', openOiap).run().nonceEven.length, 20);
  });

  it('is not opened by an answer that is too short', () => {
    for (const cut of truncationsOf(success(concat(HANDLE, NONCE_EVEN)))) {
      assert.throws(() => answered(openOiap(crypto), cut), TruncatedFieldError, `${cut.length} bytes`);
    }
  });
});

describe('a session that is bound to one entity', () => {
  const answer = success(concat(HANDLE, NONCE_EVEN, NONCE_EVEN_OSAP));

  it('shares a secret that is derived from the entity’s and both nonces', () => {
    const { result, sent } = answered(openOsap(fixed, OWNER), answer);
    assert.deepEqual(result, {
      handle: 0x02000007,
      nonceEven: NONCE_EVEN,
      sharedSecret: sharedSecret(OWNER_SECRET),
    });
    assert.deepEqual(sent.map(toHex), [['00c1', '00000024', '0000000b', '0002', '40000001', '03'.repeat(20)].join('')]);
    new Replay('1.2', 'osap', (crypto12) => openOsap(crypto12, OWNER)).run();
  });

  it('names the delegation, and derives its secret from the delegated one', () => {
    const delegation = {
      type: TPM_ET.DEL_OWNER_BLOB,
      keyHandle: 5,
      value: Uint8Array.of(8, 9),
      secret: secret('other'),
    };
    const { result, sent } = answered(openDsap(fixed, delegation), answer);
    assert.deepEqual(result.sharedSecret, sharedSecret(secret('other')));
    assert.deepEqual(sent.map(toHex), [
      ['00c1', '0000002a', '00000011', '0007', '00000005', '03'.repeat(20), '00000002', '0809'].join(''),
    ]);
  });

  it('is not opened by an answer that is too short', () => {
    for (const cut of truncationsOf(answer)) {
      assert.throws(() => answered(openOsap(fixed, OWNER), cut), TruncatedFieldError, `${cut.length} bytes`);
    }
  });

  it('is flushed by its handle, as an authorization session', () => {
    const session = { handle: 0x02000007, nonceEven: NONCE_EVEN, sharedSecret: undefined };
    const { sent } = answered(flushSession(crypto, session), success());
    assert.deepEqual(sent.map(toHex), [['00c1', '00000012', '000000ba', '02000007', '00000002'].join('')]);
  });
});

describe('a new authorization value on its way to the TPM', () => {
  it('is exclusive-ored with SHA-1 of the shared secret and the nonce', () => {
    const shared = secret('shared');
    const encrypted = encryptNewSecret(crypto, shared, NONCE_EVEN, secret('new'));
    const pad = crypto.sha1(concat(shared, NONCE_EVEN));
    assert.deepEqual(
      encrypted.map((byte, index) => byte ^ (pad[index] as number)),
      secret('new'),
    );
  });
});
