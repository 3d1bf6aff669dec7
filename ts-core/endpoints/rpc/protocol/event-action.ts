/** Event actions: PowerShell scripts that the service tbs-actions runs when the broker raises events. */
import * as z from 'zod';
import { ADMINISTRATOR_ONLY, OBSERVERS_ONLY } from '../../access.js';
import { eventKind } from './event.js';
import { type Described, method, noParams, nothing, objectType } from './method.js';
import { count, hexBytes, milliseconds, utcTime } from './values.js';

const actionName = z.string().min(1).max(64);

const result = z.enum(['succeeded', 'failed', 'timedOut', 'crashed', 'refused']);

const figures = {
  runs: count.describe('Runs since the service started.'),
  failures: count.describe('Runs of these that failed.'),
  failuresInARow: count.describe('Failures since the last run that succeeded; five disable the action.'),
  waiting: count.describe('Runs that wait.'),
  coalesced: count.describe('Events that joined an equal event that was waiting.'),
  dropped: count.describe('Events that started nothing, because a limit was reached.'),
  lastRunAt: utcTime.nullable().describe('When the last run began; null if there was none.'),
  lastResult: result.nullable().describe('How the last run ended; null if there was none.'),
};

export const EventAction = objectType('EventAction', 'A script that runs when the broker raises certain events.', {
  name: actionName.describe('The name under which it is registered.'),
  kinds: z.array(eventKind).describe('The kinds of events that start it.'),
  path: z.string().describe('The script.'),
  sha256: hexBytes.nullable().describe('The hash of the script as it is now, hexadecimal; null if it is refused.'),
  state: z
    .enum(['enabled', 'disabled', 'refused'])
    .describe(
      'enabled: events start it. disabled: it failed five times in a row; register it again. refused: not only root can change the script, or it cannot be read.',
    ),
  reason: z.string().nullable().describe('Why it is disabled or refused; null if it is enabled.'),
  registeredAt: utcTime.describe('When it was registered.'),
  reportedAt: utcTime
    .nullable()
    .describe('When the service last reported the figures; null if it has not since the broker started.'),
  ...figures,
});
export type EventAction = Described<typeof EventAction>;

export const EventActionRun = objectType('EventActionRun', 'A run of an event action.', {
  name: actionName.describe('The action.'),
  result: result.describe(
    'succeeded; failed: the script threw an error; timedOut: it ran longer than 30 seconds; crashed: its process ended; refused: the script was not run.',
  ),
  durationMs: milliseconds.describe('How long it ran, in milliseconds.'),
  sha256: hexBytes.nullable().describe('The hash of the script that was run; null if none was.'),
  output: z.string().max(65_536).describe('The beginning of what the script wrote.'),
  error: z.string().max(8192).nullable().describe('Why it did not succeed; null if it did.'),
});
export type EventActionRun = Described<typeof EventActionRun>;

const listOfActions = z.strictObject({ actions: z.array(EventAction).describe('Every action, by name.') });

export const eventActionList = method('eventAction/list', {
  summary: 'Returns the registered event actions, with what the service tbs-actions last reported of each.',
  access: OBSERVERS_ONLY,
  params: noParams,
  result: listOfActions,
});

export const eventActionRegister = method('eventAction/register', {
  summary: 'Registers an event action, or replaces and enables one of the same name.',
  access: ADMINISTRATOR_ONLY,
  params: z.strictObject({
    name: actionName.optional().describe('Its name; default: that of the file without its ending.'),
    kinds: z.array(eventKind).min(1).max(32).describe('The kinds of events that start it.'),
    path: z.string().min(1).max(4096).describe('The script; only root may be able to change it and the folders above.'),
  }),
  result: EventAction,
});

export const eventActionUnregister = method('eventAction/unregister', {
  summary: 'Removes an event action; its script stays.',
  access: ADMINISTRATOR_ONLY,
  params: z.strictObject({ name: actionName.describe('The action.') }),
  result: z.strictObject({ removed: z.boolean().describe('Whether there was one of this name.') }),
});

export const eventActionTest = method('eventAction/test', {
  summary: 'Has the service run an event action with a sample event, and returns how the run ended.',
  access: ADMINISTRATOR_ONLY,
  params: z.strictObject({ name: actionName.describe('The action.') }),
  result: EventActionRun,
});

export const eventActionReport = method('eventAction/report', {
  summary: 'Reports figures, drops, disabled actions and runs of tests. For the service tbs-actions.',
  access: OBSERVERS_ONLY,
  params: z.strictObject({
    actions: z
      .array(z.strictObject({ name: actionName.describe('The action.'), ...figures }))
      .max(64)
      .default([])
      .describe('The figures of each action.'),
    drops: z
      .array(
        z.strictObject({
          name: actionName.describe('The action.'),
          reason: z
            .enum(['userLimit', 'actionLimit', 'queueFull', 'disabled'])
            .describe('The limit that was reached, or that the action is disabled.'),
          count: count.describe('Events dropped since the last report.'),
        }),
      )
      .max(256)
      .default([])
      .describe('Events that started nothing; they are written to the audit log.'),
    lost: count
      .default(0)
      .describe('Events since the last report that the service did not get, since it read too slowly.'),
    disabled: z
      .array(
        z.strictObject({
          name: actionName.describe('The action.'),
          reason: z.string().max(1024).describe('Why it is disabled.'),
        }),
      )
      .max(64)
      .default([])
      .describe('Actions that have now failed too often.'),
    tests: z
      .array(
        z.strictObject({
          test: count.describe('The number of the test.'),
          run: EventActionRun.describe('How it ended.'),
        }),
      )
      .max(64)
      .default([])
      .describe('Runs that eventAction/test asked for.'),
  }),
  result: nothing,
});
