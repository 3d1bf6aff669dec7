/**
 * Reads the type of the key that a command creates, to estimate what key generation costs: under one command code, RSA
 * and ECC, and RSA keys of different sizes, differ by orders of magnitude.
 *
 * TPM 2.0 Library Part 2, 12.2.4 TPMT_PUBLIC; Part 3, TPM2_Create, TPM2_CreatePrimary, TPM2_CreateLoaded.
 * TPM 1.2 Main Part 2, 10.2 TPM_KEY (TPM_KEY12 has its fields at the same places); Part 3, 10.4 and 11.7.
 */
import { TPM_ORD } from '../tpm12/codes.js';
import { TPM_ALG, TPM_CC, TPM_ECC_CURVE, TPM_ST } from '../tpm20/codes.js';

import { FieldReader, TruncatedFieldError } from './byte-fields.js';
import { HEADER_BYTES, readUint16 } from './command-header.js';
import type { TpmVersion } from './tpm-version.js';

export interface KeyType {
  /** TPM_ALG_ID of the key; RSA is 1 in both versions. */
  readonly algorithm: number;
  /** Key size in bits; for an elliptic curve the TPM_ECC_CURVE; 0 if there is none. */
  readonly size: number;
}

/** A key type as one number: `algorithm << 16 | size`. 0 if the command creates no key or cannot be decoded. */
export type KeyTypeNumber = number;

const CREATING_20: ReadonlySet<number> = new Set([TPM_CC.CreatePrimary, TPM_CC.Create, TPM_CC.CreateLoaded]);

/** Offset of the key: after the parent (4) and its secrets, two in TPM_CreateWrapKey, one in TPM_CMK_CreateKey. */
const KEY_12_OFFSETS: ReadonlyMap<number, number> = new Map([
  [TPM_ORD.CreateWrapKey, HEADER_BYTES + 44],
  [TPM_ORD.CMK_CreateKey, HEADER_BYTES + 24],
]);
/** In TPM_KEY: version (4), usage (2), flags (4), authDataUsage (1). */
const PARAMETERS_12 = 11;
/** In TPM_KEY_PARMS, before an RSA key's length: algorithm (4), two schemes (4), size of the details (4). */
const DETAILS_12 = 12;

export function createdKeyType(version: TpmVersion, code: number, command: Uint8Array): KeyTypeNumber {
  if (!(version === '2.0' ? CREATING_20 : KEY_12_OFFSETS).has(code)) return 0;
  try {
    const type = version === '2.0' ? readPublicArea(command) : readKey12(command, code);
    return type.algorithm * 0x10000 + (type.size & 0xffff);
  } catch (error) {
    if (error instanceof TruncatedFieldError) return 0;
    throw error;
  }
}

export function keyTypeOf(number: KeyTypeNumber): KeyType {
  return { algorithm: Math.floor(number / 0x10000), size: number % 0x10000 };
}

/** `RSA 2048`, `ECC P-256`; null for 0. */
export function describeKeyType(number: KeyTypeNumber): string | null {
  if (number === 0) return null;
  const { algorithm, size } = keyTypeOf(number);
  if (algorithm === TPM_ALG.ECC) return `ECC ${CURVE_NAMES.get(size) ?? `curve ${size}`}`;
  const name = ALGORITHM_NAMES.get(algorithm) ?? `algorithm 0x${algorithm.toString(16)}`;
  return size === 0 ? name : `${name} ${size}`;
}

const ALGORITHM_NAMES: ReadonlyMap<number, string> = new Map([
  [TPM_ALG.RSA, 'RSA'],
  [TPM_ALG.KEYEDHASH, 'keyed hash'],
  [TPM_ALG.SYMCIPHER, 'symmetric'],
]);

/** TPM_ECC_CURVE, TCG Algorithm Registry. */
const CURVE_NAMES: ReadonlyMap<number, string> = new Map([
  [TPM_ECC_CURVE.NIST_P192, 'P-192'],
  [TPM_ECC_CURVE.NIST_P224, 'P-224'],
  [TPM_ECC_CURVE.NIST_P256, 'P-256'],
  [TPM_ECC_CURVE.NIST_P384, 'P-384'],
  [TPM_ECC_CURVE.NIST_P521, 'P-521'],
  [TPM_ECC_CURVE.BN_P256, 'BN P-256'],
  [TPM_ECC_CURVE.BN_P638, 'BN P-638'],
  [TPM_ECC_CURVE.SM2_P256, 'SM2 P-256'],
]);

function readPublicArea(command: Uint8Array): KeyType {
  const fields = new FieldReader(command);
  fields.bytes(HEADER_BYTES + 4); // one handle: parent or hierarchy
  if (readUint16(command, 0) === TPM_ST.SESSIONS) fields.sized();
  fields.bytes(fields.uint16()); // TPM2B_SENSITIVE_CREATE
  fields.uint16(); // size of TPM2B_PUBLIC
  const algorithm = fields.uint16();
  fields.bytes(2 + 4); // nameAlg, objectAttributes
  fields.bytes(fields.uint16()); // authPolicy
  return { algorithm, size: sizeIn(fields, algorithm) };
}

/** TPMU_PUBLIC_PARMS. */
function sizeIn(fields: FieldReader, algorithm: number): number {
  if (algorithm === TPM_ALG.SYMCIPHER) return symmetricBits(fields);
  if (algorithm !== TPM_ALG.RSA && algorithm !== TPM_ALG.ECC) return 0;
  symmetricBits(fields);
  const scheme = fields.uint16();
  if (scheme !== TPM_ALG.NULL && scheme !== TPM_ALG.RSAES) fields.bytes(scheme === TPM_ALG.ECDAA ? 4 : 2);
  return fields.uint16();
}

/** Reads TPMT_SYM_DEF_OBJECT. */
function symmetricBits(fields: FieldReader): number {
  if (fields.uint16() === TPM_ALG.NULL) return 0;
  const bits = fields.uint16();
  fields.uint16(); // mode
  return bits;
}

function readKey12(command: Uint8Array, ordinal: number): KeyType {
  const fields = new FieldReader(command);
  fields.bytes((KEY_12_OFFSETS.get(ordinal) as number) + PARAMETERS_12);
  const algorithm = fields.uint32();
  fields.bytes(DETAILS_12 - 4);
  return { algorithm, size: algorithm === TPM_ALG.RSA ? fields.uint32() : 0 };
}
