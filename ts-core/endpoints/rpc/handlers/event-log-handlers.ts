import type { Application } from '../../../application/application.js';
import type { EventLogTest } from '../../../application/firmware/report-event-log.js';
import { describeEvent } from '../../../domain/firmware/event-description.js';
import type { EventLog, LoggedEvent } from '../../../domain/firmware/event-log.js';
import { eventTypeName } from '../../../domain/firmware/event-types.js';
import { hashAlgorithmName } from '../../../domain/firmware/hash-algorithms.js';
import { type Handlers, inTurn } from '../handler.js';
import type * as contract from '../protocol/event-log.js';

const MAX_DATA_BYTES = 65_536;
/** Approximate bound on the JSON of one page, whatever the log contains. */
const PAGE_CHARACTERS = 65_536;
const CHARACTERS_BESIDE_DATA = 300;

export function eventLogHandlers({ eventLog, recentAnswers }: Application): Handlers<typeof contract, 'eventLogGet'> {
  return {
    eventLogGet: async ({ caller }, { first }) => {
      const log = await recentAnswers.for(caller, 'eventLog/get', () => eventLog.log());
      return inTurn(() => eventLogPage(log, first));
    },
    eventLogTest: ({ caller }) =>
      recentAnswers.for(caller, 'eventLog/test', async () => eventLogVerdict(await eventLog.test())),
  };
}

function eventLogPage({ form, algorithms, events }: EventLog, first: number): contract.EventLogPage {
  const page: contract.BootEvent[] = [];
  let characters = 0;
  let next = first;
  for (const event of events.slice(first)) {
    characters += charactersOf(event);
    if (page.length > 0 && characters > PAGE_CHARACTERS) break;
    page.push(eventDescription(event));
    next++;
  }
  return {
    form,
    algorithms: algorithms.map(({ algorithmId }) => hashAlgorithmName(algorithmId)),
    total: events.length,
    events: page,
    next: next < events.length ? next : null,
  };
}

function charactersOf({ data, digests }: LoggedEvent): number {
  const digestBytes = digests.reduce((sum, { digest }) => sum + digest.length + 24, 0);
  return CHARACTERS_BESIDE_DATA + 2 * digestBytes + 1.34 * Math.min(data.length, MAX_DATA_BYTES);
}

function eventDescription(event: LoggedEvent): contract.BootEvent {
  const { index, pcrIndex, type, digests, data } = event;
  return {
    index,
    pcrIndex,
    type,
    typeName: eventTypeName(type),
    description: describeEvent(event),
    digests: digests.map((each) => ({ algorithm: hashAlgorithmName(each.algorithmId), digest: hex(each.digest) })),
    dataBytes: data.length,
    data: Buffer.from(data.subarray(0, MAX_DATA_BYTES)).toString('base64'),
  };
}

function eventLogVerdict({ log, matches, banks }: EventLogTest): contract.EventLogTest {
  return {
    matches,
    form: log.form,
    events: log.events.length,
    pcrs: banks
      .filter(({ notCompared }) => notCompared === undefined)
      .flatMap(({ name, pcrs }) =>
        pcrs.map(({ pcrIndex, events, replayed, actual, matches: same }) => ({
          bank: name,
          pcrIndex,
          events,
          replayed: hex(replayed),
          actual: actual === undefined ? null : hex(actual),
          matches: same,
        })),
      ),
    notCompared: banks.flatMap(({ name, notCompared }) =>
      notCompared === undefined ? [] : [{ bank: name, reason: notCompared }],
    ),
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
