/** The hash algorithms of PCR banks. TCG Algorithm Registry, 6.1; digest sizes: TPM 2.0 Part 2, 10.3.1 TPMU_HA. */
import { TPM_ALG } from '../tpm20/codes.js';

export interface HashAlgorithm {
  /** TPM_ALG_ID. */
  readonly id: number;
  readonly name: HashName;
  readonly digestBytes: number;
}

export type HashName = 'sha1' | 'sha256' | 'sha384' | 'sha512' | 'sm3_256' | 'sha3_256' | 'sha3_384' | 'sha3_512';

/** Returns the digest, or undefined if the platform lacks the algorithm. */
export type HashFunction = (algorithm: HashName, bytes: Uint8Array) => Uint8Array | undefined;

export const HASH_ALGORITHMS: readonly HashAlgorithm[] = [
  { id: TPM_ALG.SHA1, name: 'sha1', digestBytes: 20 },
  { id: TPM_ALG.SHA256, name: 'sha256', digestBytes: 32 },
  { id: TPM_ALG.SHA384, name: 'sha384', digestBytes: 48 },
  { id: TPM_ALG.SHA512, name: 'sha512', digestBytes: 64 },
  { id: TPM_ALG.SM3_256, name: 'sm3_256', digestBytes: 32 },
  { id: TPM_ALG.SHA3_256, name: 'sha3_256', digestBytes: 32 },
  { id: TPM_ALG.SHA3_384, name: 'sha3_384', digestBytes: 48 },
  { id: TPM_ALG.SHA3_512, name: 'sha3_512', digestBytes: 64 },
];

const BY_ID: ReadonlyMap<number, HashAlgorithm> = new Map(HASH_ALGORITHMS.map((each) => [each.id, each]));

export function hashAlgorithm(id: number): HashAlgorithm | undefined {
  return BY_ID.get(id);
}

/** `sha256`, or `0x1234` for an algorithm that the registry did not have. */
export function hashAlgorithmName(id: number): string {
  return BY_ID.get(id)?.name ?? `0x${id.toString(16).padStart(4, '0')}`;
}
