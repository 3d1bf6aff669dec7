/** The measured-boot log. */
import { z } from 'zod';
import { method, noParams } from './method.js';

export interface LoggedDigestDescription {
  /** `sha256`. */
  readonly algorithm: string;
  /** Hexadecimal. */
  readonly digest: string;
}

export interface EventDescription {
  readonly index: number;
  readonly pcrIndex: number;
  readonly type: number;
  /** `EV_SEPARATOR`; the number as text for a type without a name. */
  readonly typeName: string;
  /** What the event says of itself, for people; may be empty. */
  readonly description: string;
  readonly digests: readonly LoggedDigestDescription[];
  readonly dataBytes: number;
  /** Base64; cut off after 65536 bytes. */
  readonly data: string;
}

export interface EventLogPage {
  readonly form: 'sha1' | 'cryptoAgile';
  readonly algorithms: readonly string[];
  /** Events in the whole log. */
  readonly total: number;
  /** From the one asked for, as many as one reply takes. */
  readonly events: readonly EventDescription[];
  /** What to ask for next; null at the end. */
  readonly next: number | null;
}

export const eventLogGet = method<EventLogPage>()(
  'eventLog/get',
  z.strictObject({ first: z.number().int().min(0).max(0xffffffff).default(0) }).prefault({}),
);

export interface PcrTest {
  readonly bank: string;
  readonly pcrIndex: number;
  readonly events: number;
  /** Hexadecimal: what the log leads to. */
  readonly replayed: string;
  /** Hexadecimal: what the TPM has; null where it has no such PCR. */
  readonly actual: string | null;
  readonly matches: boolean;
}

export interface EventLogVerdict {
  /** Something was compared, and all of it matches. */
  readonly matches: boolean;
  readonly form: 'sha1' | 'cryptoAgile';
  readonly events: number;
  readonly pcrs: readonly PcrTest[];
  /** Banks of the log that were not compared, and why. */
  readonly notCompared: readonly { readonly bank: string; readonly reason: 'noSuchBank' | 'unknownAlgorithm' }[];
}

export const eventLogTest = method<EventLogVerdict>()('eventLog/test', noParams);
