/**
 * Creates the storage root key and the endorsement key from the TCG's templates, and makes them persistent.
 *
 * TCG TPM v2.0 Provisioning Guidance 7.5.1 (SRK) and 7.5.2 (EK); TCG EK Credential Profile
 * for TPM Family 2.0, annex B.3 (templates L-1 RSA 2048 and L-2 ECC P-256, PolicySecret of the endorsement hierarchy).
 */
import { concat, FieldReader, uint16, uint32 } from '../tpm/byte-fields.js';
import type { Exchange } from '../tpm/exchange.js';
import { EMPTY_AUTH, runCommand, Tpm20CommandError } from './authorized-command.js';
import { EK_POLICY, TPM_ALG, TPM_CC, TPM_ECC_CURVE, TPM_RC, TPM_RH, TPMA_OBJECT } from './codes.js';
import { errorOf } from './responses.js';
import { readSized16, sized16 } from './structures.js';

/** TPM_ECC_CURVE, and the bytes of a coordinate. */
const CURVES: ReadonlyMap<number, { readonly name: EccCurve; readonly bytes: number }> = new Map([
  [TPM_ECC_CURVE.NIST_P256, { name: 'P-256', bytes: 32 }],
  [TPM_ECC_CURVE.NIST_P384, { name: 'P-384', bytes: 48 }],
  [TPM_ECC_CURVE.NIST_P521, { name: 'P-521', bytes: 66 }],
]);

const STORAGE_KEY_ATTRIBUTES =
  TPMA_OBJECT.FIXED_TPM |
  TPMA_OBJECT.FIXED_PARENT |
  TPMA_OBJECT.SENSITIVE_DATA_ORIGIN |
  TPMA_OBJECT.RESTRICTED |
  TPMA_OBJECT.DECRYPT;
const SRK_ATTRIBUTES = STORAGE_KEY_ATTRIBUTES | TPMA_OBJECT.USER_WITH_AUTH | TPMA_OBJECT.NO_DA;
const EK_ATTRIBUTES = STORAGE_KEY_ATTRIBUTES | TPMA_OBJECT.ADMIN_WITH_POLICY;

/** The kinds of storage keys for which there are templates, the usual one first. */
export const KEY_ALGORITHMS = ['rsa2048', 'eccP256'] as const;

export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

/** TPMT_PUBLIC of the storage root key. */
export function srkTemplate(algorithm: KeyAlgorithm): Uint8Array {
  return storageTemplate(algorithm, SRK_ATTRIBUTES, EMPTY_AUTH);
}

/** Returns the TPMT_PUBLIC of the endorsement key. */
export function ekTemplate(algorithm: KeyAlgorithm): Uint8Array {
  return storageTemplate(algorithm, EK_ATTRIBUTES, Uint8Array.from(EK_POLICY));
}

const UNIQUE: Readonly<Record<KeyAlgorithm, Uint8Array>> = {
  rsa2048: sized16(new Uint8Array(256)),
  eccP256: concat(sized16(new Uint8Array(32)), sized16(new Uint8Array(32))),
};

function storageTemplate(algorithm: KeyAlgorithm, attributes: number, policy: Uint8Array): Uint8Array {
  const { type, parameters } = keyKind(algorithm);
  const common = concat(uint16(TPM_ALG.SHA256), uint32(attributes), sized16(policy));
  return concat(uint16(type), common, parameters, UNIQUE[algorithm]);
}

/** Returns the type and the TPMU_PUBLIC_PARMS of a storage key: AES-128 CFB, scheme NULL. */
function keyKind(algorithm: KeyAlgorithm): { readonly type: number; readonly parameters: Uint8Array } {
  const symmetric = concat(uint16(TPM_ALG.AES), uint16(128), uint16(TPM_ALG.CFB), uint16(TPM_ALG.NULL));
  if (algorithm === 'rsa2048') {
    return { type: TPM_ALG.RSA, parameters: concat(symmetric, uint16(2048), uint32(0)) };
  }
  return { type: TPM_ALG.ECC, parameters: concat(symmetric, uint16(TPM_ECC_CURVE.NIST_P256), uint16(TPM_ALG.NULL)) };
}

/**
 * Returns whether the TPM supports storage keys of the kind (TPM2_TestParms); assumes so if the TPM lacks that command.
 */
export function* offersKey(algorithm: KeyAlgorithm): Exchange<boolean> {
  const { type, parameters } = keyKind(algorithm);
  try {
    yield* runCommand({ code: TPM_CC.TestParms, parameters: concat(uint16(type), parameters) });
    return true;
  } catch (error) {
    if (error instanceof Tpm20CommandError) return error.responseCode === TPM_RC.COMMAND_CODE;
    throw error;
  }
}

/** Creates a primary key with the empty authorization value and returns its transient handle. */
export function* createPrimary(hierarchy: number, hierarchyAuth: Uint8Array, template: Uint8Array): Exchange<number> {
  const sensitive = concat(sized16(EMPTY_AUTH), sized16(EMPTY_AUTH));
  const { handles } = yield* runCommand({
    code: TPM_CC.CreatePrimary,
    handles: [hierarchy],
    auths: [hierarchyAuth],
    parameters: concat(sized16(sensitive), sized16(template), sized16(EMPTY_AUTH), uint32(0)),
    outHandles: 1,
  });
  return handles[0] as number;
}

/** Makes a loaded object persistent, with the owner's authorization. */
export function* makePersistent(ownerAuth: Uint8Array, handle: number, persistentHandle: number): Exchange<void> {
  yield* runCommand({
    code: TPM_CC.EvictControl,
    handles: [TPM_RH.OWNER, handle],
    auths: [ownerAuth],
    parameters: uint32(persistentHandle),
  });
}

/** Flushes a loaded object. */
export function* flushObject(handle: number): Exchange<void> {
  // TPM 2.0 Library Part 3, 28.4: flushHandle is a parameter, although it is in the place of the first handle.
  yield* runCommand({ code: TPM_CC.FlushContext, parameters: uint32(handle) });
}

/** Reads the TPMT_PUBLIC of an object; undefined when the handle has none. */
export function* readPublic(handle: number): Exchange<Uint8Array | undefined> {
  try {
    const { parameters } = yield* runCommand({ code: TPM_CC.ReadPublic, handles: [handle] });
    return readSized16(parameters).slice();
  } catch (error) {
    if (error instanceof Tpm20CommandError && isMissingHandle(error.responseCode)) return undefined;
    throw error;
  }
}

/** Returns whether this is one of the codes with which TPMs reject a persistent handle that does not exist. */
function isMissingHandle(code: number): boolean {
  const error = errorOf(code);
  return code === TPM_RC.REFERENCE_H0 || error === TPM_RC.HANDLE || error === TPM_RC.VALUE;
}

export type EccCurve = 'P-256' | 'P-384' | 'P-521';

export interface PublicKey {
  /** `other`: a key of another kind, or on another curve. */
  readonly algorithm: 'rsa' | 'ecc' | 'other';
  readonly curve?: EccCurve | undefined;
  /** RSA: the modulus. ECC: x and y, each as long as the curve's field. */
  readonly unique: Uint8Array;
  /** RSA: the exponent. */
  readonly exponent: number;
}

/** Reads the key out of a TPMT_PUBLIC of a storage key (symmetric AES, scheme NULL). */
export function readPublicKey(publicArea: Uint8Array): PublicKey {
  const reader = new FieldReader(publicArea);
  const type = reader.uint16();
  reader.uint16();
  reader.uint32();
  readSized16(reader);
  if (type !== TPM_ALG.RSA && type !== TPM_ALG.ECC) {
    return { algorithm: 'other', unique: new Uint8Array(), exponent: 0 };
  }
  if (reader.uint16() !== TPM_ALG.NULL) reader.uint32();
  if (reader.uint16() !== TPM_ALG.NULL) reader.uint16();
  if (type === TPM_ALG.RSA) {
    reader.uint16();
    const exponent = reader.uint32();
    return { algorithm: 'rsa', unique: readSized16(reader).slice(), exponent: exponent === 0 ? 65537 : exponent };
  }
  const curve = CURVES.get(reader.uint16());
  if (reader.uint16() !== TPM_ALG.NULL) reader.uint16();
  if (curve === undefined) return { algorithm: 'other', unique: new Uint8Array(), exponent: 0 };
  const x = coordinate(readSized16(reader), curve.bytes);
  const y = coordinate(readSized16(reader), curve.bytes);
  return { algorithm: 'ecc', curve: curve.name, unique: concat(x, y), exponent: 0 };
}

/** Restores leading zeros, which a TPM may omit. */
function coordinate(bytes: Uint8Array, size: number): Uint8Array {
  return concat(new Uint8Array(Math.max(0, size - bytes.length)), bytes);
}
