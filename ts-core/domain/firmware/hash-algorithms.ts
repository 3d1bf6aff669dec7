/** The hash algorithms of PCR banks. TCG Algorithm Registry, 6.1; digest sizes: TPM 2.0 Part 2, 10.3.1 TPMU_HA. */
export interface HashAlgorithm {
  /** TPM_ALG_ID. */
  readonly id: number;
  readonly name: HashName;
  readonly digestBytes: number;
}

export type HashName = 'sha1' | 'sha256' | 'sha384' | 'sha512' | 'sm3_256' | 'sha3_256' | 'sha3_384' | 'sha3_512';

/** The digest of some bytes; undefined where the platform does not have the algorithm. */
export type HashFunction = (algorithm: HashName, bytes: Uint8Array) => Uint8Array | undefined;

export const TPM_ALG_SHA1 = 0x0004;

export const HASH_ALGORITHMS: readonly HashAlgorithm[] = [
  { id: TPM_ALG_SHA1, name: 'sha1', digestBytes: 20 },
  { id: 0x000b, name: 'sha256', digestBytes: 32 },
  { id: 0x000c, name: 'sha384', digestBytes: 48 },
  { id: 0x000d, name: 'sha512', digestBytes: 64 },
  { id: 0x0012, name: 'sm3_256', digestBytes: 32 },
  { id: 0x0027, name: 'sha3_256', digestBytes: 32 },
  { id: 0x0028, name: 'sha3_384', digestBytes: 48 },
  { id: 0x0029, name: 'sha3_512', digestBytes: 64 },
];

const BY_ID: ReadonlyMap<number, HashAlgorithm> = new Map(HASH_ALGORITHMS.map((each) => [each.id, each]));

export function hashAlgorithm(id: number): HashAlgorithm | undefined {
  return BY_ID.get(id);
}

/** `sha256`, or `0x1234` for an algorithm that the registry did not have. */
export function hashAlgorithmName(id: number): string {
  return BY_ID.get(id)?.name ?? `0x${id.toString(16).padStart(4, '0')}`;
}
