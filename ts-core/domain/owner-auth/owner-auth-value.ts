/**
 * Parses the text form of the owner authorization: base64 of 20 bytes (SHA-1 of a passphrase in UTF-16LE, or random).
 */
import { base64ToBytes, bytesToBase64 } from '../base64.js';

export const OWNER_AUTH_BYTES = 20;

/** Returns the 20 bytes, or undefined if the text is not the base64 of exactly 20 bytes. */
export function parseOwnerAuth(text: string): Uint8Array | undefined {
  const bytes = base64ToBytes(text);
  // Base64 has more than one text for some bytes, and decoding ignores foreign characters.
  if (bytes.length === OWNER_AUTH_BYTES && bytesToBase64(bytes) === text) return bytes;
  bytes.fill(0);
  return undefined;
}

/** TPM 2.0 Library Part 2, 10.4.5: an authorization value has at most the bytes of the largest digest. */
export const MAX_AUTH_BYTES = 64;

/**
 * Reads an authorization value that another program may have set: base64 of at most 64 bytes. Returns undefined for
 * anything else.
 */
export function parseAuth(text: string): Uint8Array | undefined {
  if (text.length > 88 || !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text))
    return undefined;
  const bytes = base64ToBytes(text);
  return bytes.length <= MAX_AUTH_BYTES ? bytes : undefined;
}
