import type { Application } from '../../../application/application.js';
import type { EventLogTest } from '../../../application/firmware/report-event-log.js';
import { describeEvent } from '../../../domain/firmware/event-description.js';
import type { EventLog, LoggedEvent } from '../../../domain/firmware/event-log.js';
import { eventTypeName } from '../../../domain/firmware/event-types.js';
import { hashAlgorithmName } from '../../../domain/firmware/hash-algorithms.js';
import { type Handlers, inTurn } from '../handler.js';
import { JsonTexts } from '../json-rpc.js';
import type * as contract from '../protocol/event-log.js';

const MAX_DATA_BYTES = 65_536;
/** Bounds the JSON of one page's events, except that of a single longer event. */
const PAGE_CHARACTERS = 65_536;

export function eventLogHandlers({ eventLog, recentAnswers }: Application): Handlers<typeof contract, 'eventLogGet'> {
  const texts = new WeakMap<LoggedEvent, string>();

  /** Everybody may ask for the log, so the text of an event is created only once while the log stays the same. */
  function textOf(event: LoggedEvent): string {
    const known = texts.get(event);
    if (known !== undefined) return known;
    const text = JSON.stringify(eventDescription(event));
    texts.set(event, text);
    return text;
  }

  return {
    eventLogGet: async ({ caller }, { first }) => {
      const log = await recentAnswers.for(caller, 'eventLog/get', () => eventLog.log());
      return inTurn<contract.EventLogPage>(() => eventLogPage(log, first, textOf));
    },
    eventLogTest: ({ caller }) =>
      recentAnswers.for(caller, 'eventLog/test', async () => eventLogVerdict(await eventLog.test())),
  };
}

function eventLogPage(
  { form, algorithms, events }: EventLog,
  first: number,
  textOf: (event: LoggedEvent) => string,
): JsonTexts {
  const page: string[] = [];
  let characters = 0;
  let next = first;
  for (; next < events.length; next++) {
    const text = textOf(events[next] as LoggedEvent);
    characters += text.length;
    if (page.length > 0 && characters > PAGE_CHARACTERS) break;
    page.push(...(page.length > 0 ? [',', text] : [text]));
  }
  const head: Omit<contract.EventLogPage, 'events'> = {
    form,
    algorithms: algorithms.map(({ algorithmId }) => hashAlgorithmName(algorithmId)),
    total: events.length,
    next: next < events.length ? next : null,
  };
  return new JsonTexts([JSON.stringify(head).slice(0, -1), ',"events":[', ...page, ']}']);
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
