/**
 * Replays the log: computes what the PCRs must contain if the log is complete, by extending each event into each bank,
 * and compares the results with the actual PCRs. TCG PC Client Platform Firmware Profile 1.06, 3.3; TPM 2.0 Part 1,
 * 17.3 "Extend of a PCR".
 */
import { sameBytes } from '../tpm/byte-fields.js';
import type { EventLog, LoggedEvent } from './event-log.js';
import { EV } from './event-types.js';
import { type HashFunction, hashAlgorithm, hashAlgorithmName } from './hash-algorithms.js';
import { startupLocalityOf } from './startup-locality.js';

export const PCR_COUNT = 24;
const HCRTM_LOCALITY = 4;

export interface ReplayedBank {
  readonly algorithmId: number;
  readonly name: string;
  /** The value of each PCR that the log extends; empty if the hash algorithm is not available here. */
  readonly pcrs: ReadonlyMap<number, Uint8Array>;
  readonly computed: boolean;
}

export interface PcrComparison {
  readonly pcrIndex: number;
  readonly events: number;
  readonly replayed: Uint8Array;
  /** Undefined if the TPM has no such bank. */
  readonly actual: Uint8Array | undefined;
  readonly matches: boolean;
}

export interface BankComparison {
  readonly algorithmId: number;
  readonly name: string;
  /** Why the bank is not compared: the TPM does not have it, or the hash algorithm is not available here. */
  readonly notCompared: 'noSuchBank' | 'unknownAlgorithm' | undefined;
  readonly pcrs: readonly PcrComparison[];
}

/** The values of a bank's PCRs by index; undefined if the TPM does not have the bank. */
export type PcrValues = ReadonlyMap<number, ReadonlyMap<number, Uint8Array>>;

export function replayEventLog(log: EventLog, hash: HashFunction): readonly ReplayedBank[] {
  return log.algorithms.map(({ algorithmId, digestBytes }) => {
    const name = hashAlgorithmName(algorithmId);
    const known = hashAlgorithm(algorithmId)?.name;
    const computed = known !== undefined && hash(known, new Uint8Array(0)) !== undefined;
    if (!computed) return { algorithmId, name, pcrs: new Map(), computed };
    const extend = (bytes: Uint8Array): Uint8Array => hash(known, bytes) as Uint8Array;
    return { algorithmId, name, pcrs: replayBank(log, algorithmId, digestBytes, extend), computed };
  });
}

function replayBank(
  log: EventLog,
  algorithmId: number,
  digestBytes: number,
  hash: (bytes: Uint8Array) => Uint8Array,
): Map<number, Uint8Array> {
  const pcrs = new Map<number, Uint8Array>();
  const locality = startupLocality(log);
  for (const event of log.events) {
    const digest = extendedDigest(event, algorithmId);
    if (digest === undefined) continue;
    const joined = new Uint8Array(2 * digestBytes);
    joined.set(pcrs.get(event.pcrIndex) ?? initialValue(event.pcrIndex, digestBytes, locality));
    joined.set(digest, digestBytes);
    pcrs.set(event.pcrIndex, hash(joined));
  }
  return pcrs;
}

/** Undefined if the event extends nothing in this bank. */
function extendedDigest(event: LoggedEvent, algorithmId: number): Uint8Array | undefined {
  if (event.type === EV.NO_ACTION || event.pcrIndex >= PCR_COUNT) return undefined;
  return event.digests.find((each) => each.algorithmId === algorithmId)?.digest;
}

function startupLocality({ events }: EventLog): number {
  const isLogged = (event: LoggedEvent): boolean => event.type === EV.NO_ACTION && event.pcrIndex === 0;
  for (const event of events) {
    const locality = isLogged(event) ? startupLocalityOf(event.data) : undefined;
    if (locality !== undefined) return locality;
  }
  return events.some(({ type, pcrIndex }) => type === EV.EFI_HCRTM_EVENT && pcrIndex === 0) ? HCRTM_LOCALITY : 0;
}

/**
 * Returns the value with which a PCR starts: ones for 17 to 22 (dynamic launch), zeros for the others (PC Client
 * Platform TPM Profile, 4.6.2).
 */
function initialValue(pcrIndex: number, digestBytes: number, locality: number): Uint8Array {
  const value = new Uint8Array(digestBytes);
  if (pcrIndex >= 17 && pcrIndex <= 22) value.fill(0xff);
  if (pcrIndex === 0) value[digestBytes - 1] = locality;
  return value;
}

export function compareWithPcrs(log: EventLog, banks: readonly ReplayedBank[], actual: PcrValues): BankComparison[] {
  return banks.map(({ algorithmId, name, pcrs, computed }) => {
    const values = actual.get(algorithmId);
    const notCompared = computed ? (values === undefined ? 'noSuchBank' : undefined) : 'unknownAlgorithm';
    const compared = [...pcrs]
      .sort(([one], [other]) => one - other)
      .map(([pcrIndex, replayed]): PcrComparison => {
        const value = values?.get(pcrIndex);
        const events = log.events.filter(
          (event) => event.pcrIndex === pcrIndex && extendedDigest(event, algorithmId) !== undefined,
        ).length;
        return {
          pcrIndex,
          events,
          replayed,
          actual: value,
          matches: value !== undefined && sameBytes(value, replayed),
        };
      });
    return { algorithmId, name, notCompared, pcrs: compared };
  });
}

/** Returns whether at least one PCR was compared and all of them match. An empty log proves nothing. */
export function logMatchesPcrs(banks: readonly BankComparison[]): boolean {
  const compared = banks.filter((bank) => bank.notCompared === undefined).flatMap((bank) => bank.pcrs);
  return compared.length > 0 && compared.every(({ matches }) => matches);
}
