/**
 * Reads and writes frames of the wire protocol (docs/wire-protocol.md): pure functions on bytes. Those for the frames after
 * HELLO allocate nothing, because every command of a native client passes through them. All integers are little endian.
 */
export const FRAME_HEADER_BYTES = 16;
export const MAX_REQUEST_BYTES = 16384;
export const MAX_RESPONSE_PAYLOAD_BYTES = 65536;
export const RESPONSE_BIT = 0x8000;

export const NO_BYTES: Uint8Array = new Uint8Array(0);

export const WIRE_MAGIC = 0x57534254;
export const LOWEST_VERSION = 1;
export const HIGHEST_VERSION = 2;
/** From this version on, the response to a refused SUBMIT ends with the reason. */
export const VERSION_WITH_REASONS = 2;
/** Longest reason of a refusal, in bytes of UTF-8. */
export const MAX_REASON_BYTES = 1024;

export const Operation = {
  HELLO: 1,
  OPEN_CONTEXT: 2,
  CLOSE_CONTEXT: 3,
  SUBMIT: 4,
  CANCEL: 5,
  DEVICE_INFO: 6,
  GET_OWNER_AUTH: 7,
  GET_TCG_LOG: 8,
  PHYSICAL_PRESENCE: 9,
  REVOKE_ATTESTATION: 10,
  PING: 11,
} as const;

/** The fixed fields of SUBMIT: priority, locality, deadline. */
export const SUBMIT_FIELDS_BYTES = 12;

export function readUint16LE(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] as number) | ((bytes[offset + 1] as number) << 8);
}

export function readUint32LE(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset] as number) |
      ((bytes[offset + 1] as number) << 8) |
      ((bytes[offset + 2] as number) << 16) |
      ((bytes[offset + 3] as number) << 24)) >>>
    0
  );
}

export function writeUint16LE(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value & 0xff;
  bytes[offset + 1] = (value >>> 8) & 0xff;
}

export function writeUint32LE(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value & 0xff;
  bytes[offset + 1] = (value >>> 8) & 0xff;
  bytes[offset + 2] = (value >>> 16) & 0xff;
  bytes[offset + 3] = (value >>> 24) & 0xff;
}

/** The results of `requestLength` that are not a length. */
export const FRAME_INCOMPLETE = 0;
export const FRAME_FAULT = -1;

/**
 * Returns the length of the complete request frame at `offset`; FRAME_INCOMPLETE when it continues beyond `end`;
 * FRAME_FAULT when no further bytes can make it valid.
 */
export function requestLength(bytes: Uint8Array, offset: number, end: number): number {
  const available = end - offset;
  if (available < 4) return FRAME_INCOMPLETE;
  const length = readUint32LE(bytes, offset);
  if (length < FRAME_HEADER_BYTES || length > MAX_REQUEST_BYTES) return FRAME_FAULT;
  if (available < FRAME_HEADER_BYTES) return FRAME_INCOMPLETE;
  if (readUint16LE(bytes, offset + 6) !== 0) return FRAME_FAULT;
  return available < length ? FRAME_INCOMPLETE : length;
}

export function operationOf(bytes: Uint8Array, offset: number): number {
  return readUint16LE(bytes, offset + 4);
}

export function requestIdOf(bytes: Uint8Array, offset: number): number {
  return readUint32LE(bytes, offset + 8);
}

export function contextIdOf(bytes: Uint8Array, offset: number): number {
  return readUint32LE(bytes, offset + 12);
}

/** Writes a response header at the start of `bytes`, and returns the length of the whole frame. */
export function writeResponseHeader(
  bytes: Uint8Array,
  operation: number,
  requestId: number,
  result: number,
  payloadBytes: number,
): number {
  const length = FRAME_HEADER_BYTES + payloadBytes;
  writeUint32LE(bytes, 0, length);
  writeUint16LE(bytes, 4, operation | RESPONSE_BIT);
  writeUint16LE(bytes, 6, 0);
  writeUint32LE(bytes, 8, requestId);
  writeUint32LE(bytes, 12, result);
  return length;
}

/** Returns whether the first frame of a connection says that the peer speaks the protocol. */
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
