/**
 * Structures of TPM 1.2 that several parts read or build: authorizations, keys and saved contexts. TPM Main Part 2, 10
 * and 18; Part 1, 13.
 */
import { concat, FieldReader, sized, toHex, uint8, uint16, uint32 } from '../tpm/byte-fields.js';
import { commandCodeOf, HEADER_BYTES, readUint16, readUint32 } from '../tpm/command-header.js';
import { TPM_ALG_RSA, TPM_ES, TPM_KEY_USAGE, TPM_ORD, TPM_SS, TPM_TAG } from './codes.js';
import type { RsaPublicKey } from './crypto12.js';

/** Bytes of one authorization at the end of a command: handle, nonceOdd, continueAuthSession, HMAC. */
export const COMMAND_AUTH_BYTES = 4 + 20 + 1 + 20;
/** Bytes of one authorization at the end of a response: nonceEven, continueAuthSession, HMAC. */
export const RESPONSE_AUTH_BYTES = 20 + 1 + 20;
/** Where continueAuthSession stands within a response's authorization. */
export const RESPONSE_CONTINUE_OFFSET = 20;

const TPM_STRUCT_VER_1_1 = Uint8Array.of(1, 1, 0, 0);
const DEFAULT_RSA_EXPONENT = 65537;

/** TPM_KEY_PARMS of a 2048-bit RSA key with the usual exponent. */
export function rsaKeyParameters(usage: number): Uint8Array {
  const signing = usage === TPM_KEY_USAGE.SIGNING;
  return concat(
    uint32(TPM_ALG_RSA),
    uint16(signing ? TPM_ES.NONE : TPM_ES.RSAESOAEP_SHA1_MGF1),
    uint16(signing ? TPM_SS.RSASSAPKCS1v15_SHA1 : TPM_SS.NONE),
    sized(concat(uint32(2048), uint32(2), uint32(0))),
  );
}

export interface KeyTemplate {
  readonly usage: number;
  /** Whether each use of the key needs its authorization value. */
  readonly needsAuthorization: boolean;
}

/** Returns a TPM_KEY without key material: the template for TPM_TakeOwnership and TPM_CreateWrapKey. */
export function keyTemplate(template: KeyTemplate): Uint8Array {
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
export function readPublicKey(reader: FieldReader): RsaPublicKey {
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

/** In a load command, the TPM_KEY or TPM_KEY12 follows the header and parentHandle. */
const LOADED_KEY_OFFSET = HEADER_BYTES + 4;
/** ver (or tag and fill), keyUsage, keyFlags, authDataUsage, algorithmID, encScheme, sigScheme. */
const BYTES_BEFORE_PARAMETERS = 4 + 2 + 4 + 1 + 4 + 2 + 2;

/**
 * Returns the public key (pubKey) in TPM_LoadKey or TPM_LoadKey2, hexadecimal; undefined for other commands and
 * malformed keys.
 */
export function publicPartOfLoadedKey(command: Uint8Array): string | undefined {
  const ordinal = commandCodeOf(command);
  if (ordinal !== TPM_ORD.LoadKey2 && ordinal !== TPM_ORD.LoadKey) return undefined;
  const afterParameters = skipSized(command, LOADED_KEY_OFFSET + BYTES_BEFORE_PARAMETERS);
  const afterPcrInfo = skipSized(command, afterParameters);
  const afterPublic = skipSized(command, afterPcrInfo);
  if (afterPublic === undefined || afterPcrInfo === undefined) return undefined;
  return toHex(command.subarray(afterPcrInfo + 4, afterPublic));
}

function skipSized(bytes: Uint8Array, offset: number | undefined): number | undefined {
  if (offset === undefined || offset + 4 > bytes.length) return undefined;
  const end = offset + 4 + readUint32(bytes, offset);
  return end <= bytes.length ? end : undefined;
}

/** TPM_CONTEXT_BLOB: tag (2), resourceType (4), handle (4), label (16), contextCount (4), integrityDigest (20), … */
export interface ContextBlob {
  readonly resourceType: number;
  /** The TPM's handle when it was saved. */
  readonly handle: number;
  /** What TPM_FlushSpecific(TPM_RT_CONTEXT) takes; 0 for keys. */
  readonly contextCount: number;
  /** HMAC over the blob, hexadecimal, which tells blobs apart. */
  readonly integrityDigest: string;
}

const CONTEXT_BLOB_MIN_BYTES = 50;

export function readContextBlob(blob: Uint8Array): ContextBlob | undefined {
  if (blob.length < CONTEXT_BLOB_MIN_BYTES || readUint16(blob, 0) !== TPM_TAG.CONTEXTBLOB) return undefined;
  return {
    resourceType: readUint32(blob, 2),
    handle: readUint32(blob, 6),
    contextCount: readUint32(blob, 26),
    integrityDigest: toHex(blob.subarray(30, 50)),
  };
}
