/**
 * Decodes the measured-boot log in both of its formats: SHA-1 (only TCG_PCClientPCREvent) and crypto-agile (one
 * TCG_PCClientPCREvent that contains the TCG_EfiSpecIDEvent, then TCG_PCR_EVENT2).
 *
 * TCG PC Client Platform Firmware Profile 1.06, 10.2 "Event structures" and 10.4.5.1 "Specification ID Version Event".
 * The bytes come from the firmware, or from anybody who could write the file, so nothing in them is trusted.
 */
import { TPM_ALG } from '../tpm20/codes.js';
import { EV } from './event-types.js';
import { hashAlgorithm } from './hash-algorithms.js';
import { LittleEndianReader } from './little-endian-reader.js';

export interface LoggedDigest {
  /** TPM_ALG_ID. */
  readonly algorithmId: number;
  readonly digest: Uint8Array;
}

export interface LoggedEvent {
  /** Position in the log, from 0. */
  readonly index: number;
  /** Where the event begins in the log's bytes. */
  readonly offset: number;
  readonly pcrIndex: number;
  readonly type: number;
  readonly digests: readonly LoggedDigest[];
  readonly data: Uint8Array;
}

export interface DigestSize {
  readonly algorithmId: number;
  readonly digestBytes: number;
}

export interface EventLog {
  readonly form: 'sha1' | 'cryptoAgile';
  /** The banks for which the log has digests. */
  readonly algorithms: readonly DigestSize[];
  readonly events: readonly LoggedEvent[];
}

export interface LogDamage {
  /** The byte at which the damage begins. */
  readonly offset: number;
  readonly reason: string;
}

export type EventLogVerdict =
  | { readonly verdict: 'decoded'; readonly log: EventLog }
  /** `log` contains the events before the damage. */
  | { readonly verdict: 'damaged'; readonly damage: LogDamage; readonly log: EventLog };

/** Real logs have a few hundred events. */
const MAX_EVENTS = 16_384;
const MAX_ALGORITHMS = 16;
const MAX_DIGEST_BYTES = 64;
const SHA1_BYTES = 20;
const CRYPTO_AGILE_SIGNATURE = 'Spec ID Event03\0';
const SHA1_ONLY: readonly DigestSize[] = [{ algorithmId: TPM_ALG.SHA1, digestBytes: SHA1_BYTES }];

type Step<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly damage: LogDamage };
type Body = Omit<LoggedEvent, 'index' | 'offset'>;

/** Decodes a whole log. Never throws, on any bytes. The events' data are views of `bytes`. */
export function decodeEventLog(bytes: Uint8Array): EventLogVerdict {
  const reader = new LittleEndianReader(bytes);
  const events: LoggedEvent[] = [];
  if (bytes.length === 0) {
    return damaged({ offset: 0, reason: 'the log is empty' }, { form: 'sha1', algorithms: SHA1_ONLY, events });
  }
  const first = readSha1Event(reader);
  if (!first.ok) return damaged(first.damage, { form: 'sha1', algorithms: SHA1_ONLY, events });
  events.push({ index: 0, offset: 0, ...first.value });
  const isCryptoAgile = first.value.type === EV.NO_ACTION && startsWith(first.value.data, CRYPTO_AGILE_SIGNATURE);
  if (!isCryptoAgile) {
    return readRest(reader, { form: 'sha1', algorithms: SHA1_ONLY, events }, events, readSha1Event);
  }
  // 32 bytes of TCG_PCClientPCREvent before the specification id.
  const sizes = readDigestSizes(first.value.data, 32);
  if (!sizes.ok) return damaged(sizes.damage, { form: 'cryptoAgile', algorithms: [], events });
  const log: EventLog = { form: 'cryptoAgile', algorithms: sizes.value, events };
  const sizeOf = new Map(sizes.value.map((each) => [each.algorithmId, each.digestBytes]));
  return readRest(reader, log, events, (from) => readCryptoAgileEvent(from, sizeOf));
}

function readRest(
  reader: LittleEndianReader,
  log: EventLog,
  events: LoggedEvent[],
  readEvent: (reader: LittleEndianReader) => Step<Body>,
): EventLogVerdict {
  while (reader.remaining > 0 && !reader.onlyZerosFollow()) {
    const { offset } = reader;
    if (events.length >= MAX_EVENTS) return damaged({ offset, reason: `more than ${MAX_EVENTS} events` }, log);
    const event = readEvent(reader);
    if (!event.ok) return damaged(event.damage, log);
    events.push({ index: events.length, offset, ...event.value });
  }
  return { verdict: 'decoded', log };
}

function damaged(damage: LogDamage, log: EventLog): EventLogVerdict {
  return { verdict: 'damaged', damage, log };
}

/** TCG_PCClientPCREvent: PCR index, type, SHA-1 digest, size, data. */
function readSha1Event(reader: LittleEndianReader): Step<Body> {
  const { offset } = reader;
  const pcrIndex = reader.uint32();
  const type = reader.uint32();
  const digest = reader.bytes(SHA1_BYTES);
  if (pcrIndex === undefined || type === undefined || digest === undefined) return cutOff(offset, 'an event');
  const data = readData(reader);
  if (!data.ok) return data;
  const digests = [{ algorithmId: TPM_ALG.SHA1, digest }];
  return { ok: true, value: { pcrIndex, type, digests, data: data.value } };
}

/** TCG_PCR_EVENT2: PCR index, type, TPML_DIGEST_VALUES, size, data. */
function readCryptoAgileEvent(reader: LittleEndianReader, sizeOf: ReadonlyMap<number, number>): Step<Body> {
  const { offset } = reader;
  const pcrIndex = reader.uint32();
  const type = reader.uint32();
  const countAt = reader.offset;
  const count = reader.uint32();
  if (pcrIndex === undefined || type === undefined || count === undefined) return cutOff(offset, 'an event');
  if (count > sizeOf.size) {
    return fault(countAt, `an event has ${count} digests and the log's header names ${sizeOf.size} algorithms`);
  }
  const digests: LoggedDigest[] = [];
  for (let each = 0; each < count; each++) {
    const at = reader.offset;
    const algorithmId = reader.uint16();
    if (algorithmId === undefined) return cutOff(at, 'a digest');
    const digestBytes = sizeOf.get(algorithmId);
    if (digestBytes === undefined) return fault(at, `a digest of algorithm ${algorithmId}, which the header lacks`);
    const digest = reader.bytes(digestBytes);
    if (digest === undefined) return cutOff(at, 'a digest');
    digests.push({ algorithmId, digest });
  }
  const data = readData(reader);
  return data.ok ? { ok: true, value: { pcrIndex, type, digests, data: data.value } } : data;
}

function readData(reader: LittleEndianReader): Step<Uint8Array> {
  const { offset } = reader;
  const size = reader.uint32();
  if (size === undefined) return cutOff(offset, "the size of an event's data");
  const data = reader.bytes(size);
  if (data === undefined) {
    return fault(offset, `an event says that ${size} bytes of data follow, and ${reader.remaining} do`);
  }
  return { ok: true, value: data };
}

/** TCG_EfiSpecIDEvent: signature (16), platform class (4), version (3), uintn size (1), algorithms, vendor information. */
function readDigestSizes(data: Uint8Array, dataOffset: number): Step<readonly DigestSize[]> {
  const reader = new LittleEndianReader(data);
  reader.bytes(24);
  const at = dataOffset + reader.offset;
  const count = reader.uint32();
  if (count === undefined) return cutOff(at, "the log's header");
  if (count === 0 || count > MAX_ALGORITHMS) return fault(at, `the log's header names ${count} hash algorithms`);
  const sizes: DigestSize[] = [];
  for (let each = 0; each < count; each++) {
    const entryAt = dataOffset + reader.offset;
    const algorithmId = reader.uint16();
    const digestBytes = reader.uint16();
    if (algorithmId === undefined || digestBytes === undefined) return cutOff(entryAt, "the log's header");
    const wrong = whySizeIsWrong(algorithmId, digestBytes, sizes);
    if (wrong !== undefined) return fault(entryAt, wrong);
    sizes.push({ algorithmId, digestBytes });
  }
  return { ok: true, value: sizes };
}

function whySizeIsWrong(algorithmId: number, digestBytes: number, before: readonly DigestSize[]): string | undefined {
  const id = `0x${algorithmId.toString(16).padStart(4, '0')}`;
  if (before.some((each) => each.algorithmId === algorithmId)) return `the log's header names algorithm ${id} twice`;
  const known = hashAlgorithm(algorithmId);
  if (known !== undefined && known.digestBytes !== digestBytes) {
    return `the log's header gives ${known.name} digests of ${digestBytes} bytes`;
  }
  if (digestBytes === 0 || digestBytes > MAX_DIGEST_BYTES) {
    return `the log's header gives algorithm ${id} digests of ${digestBytes} bytes`;
  }
  return undefined;
}

function cutOff(offset: number, what: string): Step<never> {
  return fault(offset, `the log ends in the middle of ${what}`);
}

function fault(offset: number, reason: string): Step<never> {
  return { ok: false, damage: { offset, reason } };
}

/** Returns whether the data begin with these ASCII characters. */
export function startsWith(data: Uint8Array, text: string): boolean {
  if (data.length < text.length) return false;
  for (let at = 0; at < text.length; at++) if (data[at] !== text.charCodeAt(at)) return false;
  return true;
}
