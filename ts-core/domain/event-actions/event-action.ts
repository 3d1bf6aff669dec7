/** The registration of an event action: a PowerShell script that runs when the broker raises an event of certain kinds. */

export const MAX_EVENT_ACTIONS = 64;

/** Runs that fail one after the other until the action is disabled. */
export const FAILURES_UNTIL_DISABLED = 5;

/** Length limit of a name, in characters. */
const MAX_NAME_LENGTH = 64;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

export interface EventActionRegistration {
  readonly name: string;
  /** The kinds of events that start it. */
  readonly kinds: readonly string[];
  /** Absolute path of the script. */
  readonly path: string;
  /** UTC ISO 8601. */
  readonly registeredAt: string;
  /** Present after too many failures in a row, until the action is registered again. */
  readonly disabled?: DisabledAction | undefined;
}

export interface DisabledAction {
  /** UTC ISO 8601. */
  readonly since: string;
  readonly reason: string;
}

export function isEventActionName(name: string): boolean {
  return name.length <= MAX_NAME_LENGTH && NAME.test(name);
}

/** Returns the name of an action that is registered without one: the file's name without its ending. */
export function nameOfScript(path: string): string {
  return (path.split('/').at(-1) ?? '').replace(/\.ps1$/i, '');
}

/** What decides whether an event starts actions. */
export interface CausedEvent {
  readonly kind: string;
  readonly userKey?: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * Returns whether an event starts an action. Events that the actions' own user causes start no action; otherwise an
 * action could trigger itself forever. Changes and tests of event actions start none either.
 */
export function startsAction(
  event: CausedEvent,
  action: Pick<EventActionRegistration, 'kinds' | 'disabled'>,
  actionsUserKey: string | undefined,
): boolean {
  if (action.disabled !== undefined || event.details['eventAction'] !== undefined) return false;
  if (event.userKey !== undefined && event.userKey === actionsUserKey) return false;
  return action.kinds.includes(event.kind);
}
