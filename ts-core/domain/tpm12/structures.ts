/** TPM_KEY, TPM_KEY_PARMS and TPM_PUBKEY for RSA. TPM Main Part 2, 10. */
import { concat, FieldReader, sized, uint8, uint16, uint32 } from '../tpm/byte-fields.js';
import type { RsaPublicKey12 } from './crypto12.js';

const TPM_STRUCT_VER_1_1 = Uint8Array.of(1, 1, 0, 0);
const TPM_ALG_RSA = 1;
const DEFAULT_RSA_EXPONENT = 65537;

/** TPM_KEY_USAGE values. */
export const TPM_KEY_SIGNING = 0x0010;
export const TPM_KEY_STORAGE = 0x0011;
export const TPM_KEY_BIND = 0x0014;

const ES_NONE = 0x0001;
const ES_RSAES_OAEP = 0x0003;
const SS_NONE = 0x0001;
const SS_RSASSA_PKCS1V15_SHA1 = 0x0002;

/** TPM_KEY_PARMS of a 2048-bit RSA key with the usual exponent. */
export function rsaKeyParameters(usage: number): Uint8Array {
  const signing = usage === TPM_KEY_SIGNING;
  return concat(
    uint32(TPM_ALG_RSA),
    uint16(signing ? ES_NONE : ES_RSAES_OAEP),
    uint16(signing ? SS_RSASSA_PKCS1V15_SHA1 : SS_NONE),
    sized(concat(uint32(2048), uint32(2), uint32(0))),
  );
}

export interface KeyTemplate12 {
  readonly usage: number;
  /** Whether each use of the key needs its authorization value. */
  readonly needsAuthorization: boolean;
}

/** A TPM_KEY without key material: the template for TPM_TakeOwnership and TPM_CreateWrapKey. */
export function keyTemplate(template: KeyTemplate12): Uint8Array {
  return concat(
    TPM_STRUCT_VER_1_1,
    uint16(template.usage),
    uint32(0), // keyFlags: not migratable, not volatile
    uint8(template.needsAuthorization ? 1 : 0),
    rsaKeyParameters(template.usage),
    sized(new Uint8Array()), // PCRInfo
    sized(new Uint8Array()), // pubKey
    sized(new Uint8Array()), // encData
  );
}

/** Reads a TPM_PUBKEY: algorithm parameters and modulus. */
export function readPublicKey(reader: FieldReader): RsaPublicKey12 {
  reader.uint32();
  reader.uint16();
  reader.uint16();
  const parameters = new FieldReader(reader.sized());
  parameters.uint32();
  parameters.uint32();
  const exponentBytes = parameters.sized();
  const exponent = exponentBytes.reduce((value, byte) => value * 256 + byte, 0);
  return { modulus: reader.sized().slice(), exponent: exponent === 0 ? DEFAULT_RSA_EXPONENT : exponent };
}
