/**
 * Reads the certificate of the endorsement key, which the manufacturer stored in the TPM's NV storage. TCG PC Client
 * Specific Implementation Specification for Conventional BIOS 1.21, 7.4.5 "TCG_PCCLIENT_STORED_CERT"; TPM Main Part 3,
 * 20.4 TPM_NV_ReadValue.
 */
import { concat, FieldReader, TruncatedFieldError, uint32 } from '../tpm/byte-fields.js';
import { leadingDerSequence } from '../tpm/der-certificate.js';
import type { Exchange } from '../tpm/exchange.js';
import { openOiap } from './authorization-sessions.js';
import { runCommand, Tpm12CommandError } from './authorized-command.js';
import { TCG_FULL_CERT, TCG_TAG_PCCLIENT, TPM_NV_INDEX_EK_CERTIFICATE, TPM_ORD } from './codes.js';
import type { Crypto12 } from './crypto12.js';

/** Tag (2), kind (1), size (2), then tag (2) and certificate. */
const STORED_HEADER_BYTES = 5;
const MAX_CERTIFICATE_BYTES = 8192;
const CHUNK_BYTES = 512;

/**
 * Returns the X.509 certificate in DER; undefined when there is none, or it cannot be read. Many manufacturers let only
 * the owner read it once the TPM has one, for which `ownerSecret` is needed.
 */
export function* readEndorsementCertificate(
  crypto12: Crypto12,
  ownerSecret: Uint8Array | undefined,
): Exchange<Uint8Array | undefined> {
  try {
    return yield* storedCertificate(crypto12, undefined);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
  }
  if (ownerSecret === undefined) return undefined;
  try {
    return yield* storedCertificate(crypto12, ownerSecret);
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

function isUnreadable(error: unknown): boolean {
  return error instanceof Tpm12CommandError || error instanceof TruncatedFieldError;
}

function* storedCertificate(crypto12: Crypto12, ownerSecret: Uint8Array | undefined): Exchange<Uint8Array | undefined> {
  const header = new FieldReader(yield* readNv(crypto12, ownerSecret, 0, STORED_HEADER_BYTES));
  const isStored = header.uint16() === TCG_TAG_PCCLIENT.STORED_CERT && header.uint8() === TCG_FULL_CERT;
  const size = header.uint16();
  if (!isStored || size < 2 || size > MAX_CERTIFICATE_BYTES) return undefined;
  const parts: Uint8Array[] = [];
  for (let read = 0; read < size; read += CHUNK_BYTES) {
    const wanted = Math.min(CHUNK_BYTES, size - read);
    parts.push(yield* readNv(crypto12, ownerSecret, STORED_HEADER_BYTES + read, wanted));
  }
  const full = concat(...parts);
  return new FieldReader(full).uint16() === TCG_TAG_PCCLIENT.FULL_CERT
    ? leadingDerSequence(full.subarray(2))
    : undefined;
}

function* readNv(
  crypto12: Crypto12,
  ownerSecret: Uint8Array | undefined,
  offset: number,
  sizeBytes: number,
): Exchange<Uint8Array> {
  const parameters = concat(uint32(TPM_NV_INDEX_EK_CERTIFICATE), uint32(offset), uint32(sizeBytes));
  const command = { ordinal: TPM_ORD.NV_ReadValue, parameters };
  const authorizations =
    ownerSecret === undefined ? [] : [{ session: yield* openOiap(crypto12), entitySecret: ownerSecret }];
  return new FieldReader((yield* runCommand(crypto12, command, authorizations)).parameters).sized().slice();
}
