/** TPM 2.0 commands for tests, byte by byte, and what is read from their responses. TPM 2.0 Library Part 3. */
import { HEADER_BYTES, readUint16, readUint32, responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';

export const PASSWORD_SESSION = 0x40000009;
export const RH_OWNER = 0x40000001;
export const RH_NULL = 0x40000007;
export const RH_LOCKOUT = 0x4000000a;
export const RH_PLATFORM = 0x4000000c;
export const CONTINUE_SESSION = 0x01;
export const AUDIT_SESSION = 0x80;
const SHA256 = 0x000b;

export function u8(value: number): number[] {
  return [value & 0xff];
}
export function u16(value: number): number[] {
  return [(value >>> 8) & 0xff, value & 0xff];
}
export function u32(value: number): number[] {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
export function sized(bytes: readonly number[]): number[] {
  return [...u16(bytes.length), ...bytes];
}

export function command(code: number, body: readonly number[]): Uint8Array {
  return Uint8Array.from([...u16(0x8001), ...u32(HEADER_BYTES + body.length), ...u32(code), ...body]);
}

export interface Authorization {
  readonly session?: number;
  readonly attributes?: number;
  readonly hmac?: readonly number[];
}

/** A command with an authorization area; without sessions given, one empty password. */
export function authorized(
  code: number,
  handles: readonly number[],
  parameters: readonly number[],
  sessions: readonly Authorization[] = [{}],
): Uint8Array {
  const area = sessions.flatMap(({ session = PASSWORD_SESSION, attributes = 0, hmac = [] }) => [
    ...u32(session),
    ...sized([]),
    attributes,
    ...sized(hmac),
  ]);
  const body = [...handles.flatMap(u32), ...u32(area.length), ...area, ...parameters];
  return Uint8Array.from([...u16(0x8002), ...u32(HEADER_BYTES + body.length), ...u32(code), ...body]);
}

const EMPTY_SENSITIVE = sized([...sized([]), ...sized([])]);
/** An ECC P-256 storage key, restricted, AES-128-CFB. */
const ECC_PARENT = sized([
  ...u16(0x0023),
  ...u16(SHA256),
  ...u32(0x00030072),
  ...sized([]),
  ...u16(0x0006),
  ...u16(128),
  ...u16(0x0043),
  ...u16(0x0010),
  ...u16(0x0003),
  ...u16(0x0010),
  ...sized([]),
  ...sized([]),
]);
/** An ECC P-256 key that signs, ECDSA with SHA-256. */
const ECC_SIGNER = sized([
  ...u16(0x0023),
  ...u16(SHA256),
  ...u32(0x00040072),
  ...sized([]),
  ...u16(0x0010),
  ...u16(0x0018),
  ...u16(SHA256),
  ...u16(0x0003),
  ...u16(0x0010),
  ...sized([]),
  ...sized([]),
]);
const NO_CREATION_DATA = [...sized([]), ...u32(0)];

export function createPrimary(hierarchy = RH_NULL): Uint8Array {
  return authorized(0x131, [hierarchy], [...EMPTY_SENSITIVE, ...ECC_PARENT, ...NO_CREATION_DATA]);
}
export function createSigner(hierarchy = RH_NULL): Uint8Array {
  return authorized(0x131, [hierarchy], [...EMPTY_SENSITIVE, ...ECC_SIGNER, ...NO_CREATION_DATA]);
}
/** ECDSA over 32 bytes. */
export function sign(key: number, sessions?: readonly Authorization[]): Uint8Array {
  const digest = new Array<number>(32).fill(7);
  const nullTicket = [...u16(0x8024), ...u32(RH_NULL), ...sized([])];
  return authorized(0x15d, [key], [...sized(digest), ...u16(0x0010), ...nullTicket], sessions);
}
export function readPublic(handle: number): Uint8Array {
  return command(0x173, u32(handle));
}
export function flushContext(handle: number): Uint8Array {
  return command(0x165, u32(handle));
}
export function contextSave(handle: number): Uint8Array {
  return command(0x162, u32(handle));
}
export function contextLoad(blob: Uint8Array): Uint8Array {
  return command(0x161, [...blob]);
}
export function getRandom(bytes: number): Uint8Array {
  return command(0x17b, u16(bytes));
}
/** GetRandom(4) audited by an unbound HMAC session, whose HMAC is empty for want of a key. */
export function getRandomWithSession(session: number, attributes: number): Uint8Array {
  return authorized(0x17b, [], u16(4), [{ session, attributes }]);
}
export function getCapability(capability: number, property: number, count: number): Uint8Array {
  return command(0x17a, [...u32(capability), ...u32(property), ...u32(count)]);
}
export function startAuthSession(type: 'hmac' | 'policy' | 'trial' = 'policy'): Uint8Array {
  const types = { hmac: 0, policy: 1, trial: 3 };
  const nonce = new Array<number>(16).fill(1);
  const body = [...u32(RH_NULL), ...u32(RH_NULL), ...sized(nonce), ...sized([]), types[type], ...u16(0x10)];
  return command(0x176, [...body, ...u16(SHA256)]);
}
export function policyGetDigest(session: number): Uint8Array {
  return command(0x189, u32(session));
}
export function policyRestart(session: number): Uint8Array {
  return command(0x180, u32(session));
}
export function policyCommandCode(session: number, code: number): Uint8Array {
  return command(0x16c, [...u32(session), ...u32(code)]);
}
export function hashSequenceStart(algorithm = SHA256): Uint8Array {
  return command(0x186, [...sized([]), ...u16(algorithm)]);
}
export function sequenceUpdate(sequence: number, data: readonly number[]): Uint8Array {
  return authorized(0x15c, [sequence], sized(data));
}
export function sequenceComplete(sequence: number, data: readonly number[]): Uint8Array {
  return authorized(0x13e, [sequence], [...sized(data), ...u32(RH_NULL)]);
}
export function clear(): Uint8Array {
  return authorized(0x126, [RH_LOCKOUT], []);
}
export function startup(type: 'clear' | 'state' = 'clear'): Uint8Array {
  return command(0x144, u16(type === 'state' ? 1 : 0));
}
export function shutdown(type: 'clear' | 'state'): Uint8Array {
  return command(0x145, u16(type === 'state' ? 1 : 0));
}

export function handleIn(response: Uint8Array): number {
  const code = responseCodeOf(response);
  if (code !== 0) throw new Error(`no handle in a response with code 0x${code.toString(16)}`);
  return readUint32(response, HEADER_BYTES);
}
/** The TPMS_CONTEXT of a ContextSave response. */
export function blobIn(response: Uint8Array): Uint8Array {
  const code = responseCodeOf(response);
  if (code !== 0) throw new Error(`no context in a response with code 0x${code.toString(16)}`);
  return response.slice(HEADER_BYTES);
}
export function handleListIn(response: Uint8Array): {
  readonly handles: readonly number[];
  readonly moreData: boolean;
} {
  const count = readUint32(response, HEADER_BYTES + 5);
  const handles = Array.from({ length: count }, (_, index) => readUint32(response, HEADER_BYTES + 9 + 4 * index));
  return { handles, moreData: response[HEADER_BYTES] !== 0 };
}
export function propertiesIn(response: Uint8Array): ReadonlyMap<number, number> {
  const properties = new Map<number, number>();
  const count = readUint32(response, HEADER_BYTES + 5);
  for (let index = 0; index < count; index++) {
    const offset = HEADER_BYTES + 9 + 8 * index;
    properties.set(readUint32(response, offset), readUint32(response, offset + 4));
  }
  return properties;
}
/** The first sized buffer of the parameters of a response to a command without sessions. */
export function firstBufferIn(response: Uint8Array): Uint8Array {
  return response.slice(HEADER_BYTES + 2, HEADER_BYTES + 2 + readUint16(response, HEADER_BYTES));
}
