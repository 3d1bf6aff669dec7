/** Events: the decisions of the broker, as they appear in the audit log. */
import * as z from 'zod';
import { EVENT_KINDS } from '../../../domain/event-kind.js';
import { READ_OWN } from '../../access.js';
import { type Described, method, objectType, type RpcNotification } from './method.js';
import { callerClass, count, userKey, utcTime } from './values.js';

export const RepeatedEvent = objectType('RepeatedEvent', 'How many identical events an event stands for.', {
  count: count.describe('How many.'),
  first: utcTime.describe('Time of the first one.'),
  last: utcTime.describe('Time of the last one.'),
});
export type RepeatedEvent = Described<typeof RepeatedEvent>;

export const eventKind = z.enum(EVENT_KINDS);

const eventShape = {
  kind: eventKind.describe('What kind of decision it is.'),
  time: utcTime.describe('When.'),
  userKey: userKey.optional().describe('The user who caused it; absent if no caller did.'),
  callerClass: callerClass.optional().describe('The class of that caller.'),
  processId: z.number().int().optional().describe('The process that connected; process ids are reused.'),
  message: z.string().describe('The decision in words.'),
  details: z.record(z.string(), z.unknown()).describe('Facts by name: code, list, source, setting.'),
  repeated: RepeatedEvent.optional().describe('Present if the event stands for several identical ones.'),
};

export const Event = objectType('Event', 'One decision: who, what, why.', eventShape);
export type Event = Described<typeof Event>;

export const RaisedEvent = objectType('RaisedEvent', 'An event that was just raised.', {
  ...eventShape,
  lost: count
    .optional()
    .describe('Events dropped before this one because the reader was too slow; absent if none were.'),
});
export type RaisedEvent = Described<typeof RaisedEvent>;

export const eventSubscribe = method('event/subscribe', {
  summary:
    'Returns past events, and sends event/raised for each new one; standard users get only events about themselves.',
  access: READ_OWN,
  params: z
    .strictObject({
      recent: z.number().int().min(0).max(1000).default(0).describe('How many past events to return.'),
      follow: z.boolean().default(true).describe('Whether to send new events; false: only return past ones.'),
    })
    .optional(),
  result: z.strictObject({ recent: z.array(Event).describe('Past events, oldest first.') }),
});

export const eventRaised = {
  notification: 'event/raised' as const,
  summary: 'An event that the subscriber may see was raised.',
  params: RaisedEvent,
} satisfies RpcNotification;
