/**
 * The server side of the Microsoft TPM simulator's protocol (TpmTcpProtocol.h of the TPM 2.0 reference code): 32-bit
 * big-endian numbers; each request is acknowledged by a 32-bit 0 after what it returns.
 */
import { HEADER_BYTES, readUint32, writeUint32 } from '../../domain/tpm/command-header.js';
import type { RequestExtent } from './request-connection.js';
import { MAX_COMMAND_BYTES } from './tpm-request.js';

export const MSSIM = {
  powerOn: 1,
  powerOff: 2,
  physicalPresenceOn: 3,
  physicalPresenceOff: 4,
  sendCommand: 8,
  cancelOn: 9,
  cancelOff: 10,
  nvOn: 11,
  nvOff: 12,
  keyCacheOn: 13,
  keyCacheOff: 14,
  remoteHandshake: 15,
  reset: 17,
  restart: 18,
  sessionEnd: 20,
  stop: 21,
  testFailureMode: 30,
} as const;

const KNOWN = new Set<number>(Object.values(MSSIM));

/** TPM_SEND_COMMAND: number, locality (1 byte), length, command. */
const SEND_COMMAND_PREFIX_BYTES = 9;
const LOCALITY_AT = 4;
const LENGTH_AT = 5;

/** The answer to unsupported requests; clients treat anything but 0 as a failure. */
export const MSSIM_REFUSED = word(1);
export const MSSIM_ACKNOWLEDGED = word(0);

export function mssimExtent(received: Uint8Array): RequestExtent {
  if (received.length < 4) return { kind: 'incomplete' };
  const code = readUint32(received, 0);
  if (code === MSSIM.sendCommand) return sendCommandExtent(received);
  if (code === MSSIM.remoteHandshake)
    return received.length < 8 ? { kind: 'incomplete' } : { kind: 'complete', bytes: 8 };
  if (!KNOWN.has(code)) return { kind: 'refused', reply: MSSIM_REFUSED };
  return { kind: 'complete', bytes: 4 };
}

/** Returns the command inside a TPM_SEND_COMMAND request. */
export function sentCommand(request: Uint8Array): { readonly locality: number; readonly command: Uint8Array } {
  return { locality: request[LOCALITY_AT] as number, command: request.slice(SEND_COMMAND_PREFIX_BYTES) };
}

/** Formats a reply: length, response, acknowledgement. */
export function commandReply(response: Uint8Array): Uint8Array {
  const reply = new Uint8Array(4 + response.length + 4);
  writeUint32(reply, 0, response.length);
  reply.set(response, 4);
  return reply;
}

/** Formats the handshake: protocol version 1, and support for power and presence signals (tpmPlatformAvailable). */
export function handshakeReply(): Uint8Array {
  const reply = new Uint8Array(12);
  writeUint32(reply, 0, 1);
  writeUint32(reply, 4, 1);
  return reply;
}

function sendCommandExtent(received: Uint8Array): RequestExtent {
  if (received.length < SEND_COMMAND_PREFIX_BYTES) return { kind: 'incomplete' };
  const length = readUint32(received, LENGTH_AT);
  if (length < HEADER_BYTES || length > MAX_COMMAND_BYTES) return { kind: 'refused', reply: MSSIM_REFUSED };
  const bytes = SEND_COMMAND_PREFIX_BYTES + length;
  return received.length < bytes ? { kind: 'incomplete' } : { kind: 'complete', bytes };
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  writeUint32(bytes, 0, value);
  return bytes;
}
