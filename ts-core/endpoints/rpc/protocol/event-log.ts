/** The measured-boot log (TCG event log). */
import * as z from 'zod';
import { NOT_SANDBOXED } from '../../access.js';
import { type Described, method, noParams, objectType } from './method.js';
import { base64Bytes, count, hexBytes, uint32 } from './values.js';

const form = z.enum(['sha1', 'cryptoAgile']);

export const LoggedDigest = objectType('LoggedDigest', 'A digest that was extended into a PCR bank.', {
  algorithm: z.string().describe('The bank’s algorithm: sha256.'),
  digest: hexBytes.describe('The digest, hexadecimal.'),
});
export type LoggedDigest = Described<typeof LoggedDigest>;

export const BootEvent = objectType('BootEvent', 'An entry of the log.', {
  index: count.describe('Its index in the log, from 0.'),
  pcrIndex: uint32.describe('The PCR that was extended.'),
  type: uint32.describe('The event type.'),
  typeName: z.string().describe('EV_SEPARATOR; the number as text for a type without a name.'),
  description: z.string().describe('The event’s own description, as text; may be empty.'),
  digests: z.array(LoggedDigest).describe('One digest for each bank.'),
  dataBytes: count.describe('Length of the event’s data in bytes.'),
  data: base64Bytes.describe('The event’s data, truncated to 65536 bytes.'),
});
export type BootEvent = Described<typeof BootEvent>;

export const EventLogPage = objectType('EventLogPage', 'As much of the log as fits into one reply.', {
  form: form.describe('The format of the log.'),
  algorithms: z.array(z.string()).describe('The banks that the log has digests for.'),
  total: count.describe('Events in the whole log.'),
  events: z.array(BootEvent).describe('The events, starting with the requested one.'),
  next: count.nullable().describe('Index of the next event to request; null at the end.'),
});
export type EventLogPage = Described<typeof EventLogPage>;

export const eventLogGet = method('eventLog/get', {
  summary: 'Returns a page of the log.',
  access: NOT_SANDBOXED,
  params: z.strictObject({ first: uint32.default(0).describe('Index of the first event.') }).prefault({}),
  result: EventLogPage,
});

export const PcrTest = objectType('PcrTest', 'One PCR, compared with the replayed log.', {
  bank: z.string().describe('The bank’s algorithm: sha256.'),
  pcrIndex: count.describe('The PCR.'),
  events: count.describe('Events of the log that extend it.'),
  replayed: hexBytes.describe('The value that replaying the log produces, hexadecimal.'),
  actual: hexBytes.nullable().describe('The value in the TPM, hexadecimal; null if the TPM has no such PCR.'),
  matches: z.boolean().describe('Whether the two are equal.'),
});
export type PcrTest = Described<typeof PcrTest>;

export const BankNotCompared = objectType('BankNotCompared', 'A bank of the log that was not compared.', {
  bank: z.string().describe('The bank’s algorithm.'),
  reason: z.enum(['noSuchBank', 'unknownAlgorithm']).describe('Why not.'),
});
export type BankNotCompared = Described<typeof BankNotCompared>;

export const EventLogTest = objectType(
  'EventLogTest',
  'Whether replaying the log produces the values in the TPM’s PCRs.',
  {
    matches: z.boolean().describe('Whether at least one PCR was compared and all of them match.'),
    form: form.describe('The format of the log.'),
    events: count.describe('Events in the log.'),
    pcrs: z.array(PcrTest).describe('Each PCR that was compared.'),
    notCompared: z.array(BankNotCompared).describe('Banks of the log that were not compared.'),
  },
);
export type EventLogTest = Described<typeof EventLogTest>;

export const eventLogTest = method('eventLog/test', {
  summary: 'Replays the log and compares the result with the TPM’s PCRs.',
  access: NOT_SANDBOXED,
  params: noParams,
  result: EventLogTest,
});
