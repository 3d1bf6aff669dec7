/** Extracts a certificate from an NV index, which manufacturers may pad. ITU-T X.690, 8.1.3 "Length octets". */

const SEQUENCE = 0x30;
const LONG_FORM = 0x80;
const MAX_LENGTH_BYTES = 3;

/** Returns the DER SEQUENCE at the start of the bytes, without what follows it; undefined if there is none. */
export function leadingDerSequence(bytes: Uint8Array): Uint8Array | undefined {
  const first = bytes[1];
  if (bytes[0] !== SEQUENCE || first === undefined) return undefined;
  const lengthBytes = first < LONG_FORM ? 0 : first - LONG_FORM;
  if (lengthBytes > MAX_LENGTH_BYTES || first === LONG_FORM) return undefined;
  const start = 2 + lengthBytes;
  const length = lengthBytes === 0 ? first : bytes.subarray(2, start).reduce((sum, byte) => sum * 256 + byte, 0);
  return start + length <= bytes.length ? bytes.slice(0, start + length) : undefined;
}
