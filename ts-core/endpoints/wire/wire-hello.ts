/** Checks HELLO, the first frame of a connection: does the peer speak the protocol, and in which version? Pure. */
import {
  HIGHEST_VERSION,
  LOWEST_VERSION,
  MAX_REQUEST_BYTES,
  readUint16LE,
  readUint32LE,
  WIRE_MAGIC,
  writeUint16LE,
  writeUint32LE,
} from './frame.js';

export function isHello(payload: Uint8Array): boolean {
  return payload.length === 8 && readUint32LE(payload, 0) === WIRE_MAGIC;
}

/** Returns the version that both sides speak, or 0 if there is none, and the payload that reports it. */
export function answerHello(
  payload: Uint8Array,
  maxOutstanding: number,
): { readonly version: number; readonly answer: Uint8Array } {
  const lowest = Math.max(readUint16LE(payload, 4), LOWEST_VERSION);
  const highest = Math.min(readUint16LE(payload, 6), HIGHEST_VERSION);
  const version = lowest <= highest ? highest : 0;
  const answer = new Uint8Array(16);
  writeUint16LE(answer, 0, version);
  writeUint16LE(answer, 2, LOWEST_VERSION);
  writeUint16LE(answer, 4, HIGHEST_VERSION);
  writeUint32LE(answer, 8, MAX_REQUEST_BYTES);
  writeUint32LE(answer, 12, maxOutstanding);
  return { version, answer };
}
