/** The cryptography of TPM 1.2 authorization, implemented with node:crypto. */
import { constants, createHash, createHmac, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import type { Crypto12, RsaPublicKey } from '../../domain/tpm12/crypto12.js';

export const nodeCrypto12: Crypto12 = {
  sha1: (data) => new Uint8Array(createHash('sha1').update(data).digest()),
  hmacSha1: (key, data) => new Uint8Array(createHmac('sha1', key).update(data).digest()),
  randomBytes: (lengthBytes) => new Uint8Array(randomBytes(lengthBytes)),
  rsaOaepTcpa: (key, plaintext) =>
    new Uint8Array(
      publicEncrypt(
        {
          key: publicKeyObject(key),
          padding: constants.RSA_PKCS1_OAEP_PADDING,
          oaepHash: 'sha1',
          oaepLabel: Buffer.from('TCPA'),
        },
        plaintext,
      ),
    ),
};

function publicKeyObject(key: RsaPublicKey) {
  const exponent = Buffer.alloc(4);
  exponent.writeUInt32BE(key.exponent);
  const firstByte = exponent.findIndex((byte) => byte !== 0);
  return createPublicKey({
    format: 'jwk',
    key: {
      kty: 'RSA',
      n: Buffer.from(key.modulus).toString('base64url'),
      e: exponent.subarray(Math.max(0, firstByte)).toString('base64url'),
    },
  });
}
