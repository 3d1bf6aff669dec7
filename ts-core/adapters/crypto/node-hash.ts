/** The hash functions of PCR banks, from node:crypto; which of them exist depends on the OpenSSL build. */
import { createHash, getHashes } from 'node:crypto';
import type { HashFunction, HashName } from '../../domain/firmware/hash-algorithms.js';

const OPENSSL_NAMES: Readonly<Record<HashName, string>> = {
  sha1: 'sha1',
  sha256: 'sha256',
  sha384: 'sha384',
  sha512: 'sha512',
  sm3_256: 'sm3',
  sha3_256: 'sha3-256',
  sha3_384: 'sha3-384',
  sha3_512: 'sha3-512',
};

const AVAILABLE: ReadonlySet<string> = new Set(getHashes().map((name) => name.toLowerCase()));

export const nodeHash: HashFunction = (algorithm, bytes) => {
  const name = OPENSSL_NAMES[algorithm];
  return AVAILABLE.has(name) ? new Uint8Array(createHash(name).update(bytes).digest()) : undefined;
};
