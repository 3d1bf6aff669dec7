/** The cryptography that TPM 1.2 authorization needs. An adapter provides it, since the domain has none of its own. */
export interface Crypto12 {
  sha1(data: Uint8Array): Uint8Array;
  hmacSha1(key: Uint8Array, data: Uint8Array): Uint8Array;
  randomBytes(lengthBytes: number): Uint8Array;
  /** RSAES-OAEP with SHA-1 and the label "TCPA" (TPM Main Part 1, 31.1.1). */
  rsaOaepTcpa(key: RsaPublicKey, plaintext: Uint8Array): Uint8Array;
}

export interface RsaPublicKey {
  /** Big endian. */
  readonly modulus: Uint8Array;
  readonly exponent: number;
}

export const DIGEST_BYTES = 20;
