/**
 * The caller at the other end of a connection, as the operating system identifies it.
 *
 * The class decides which lists and gates apply. `sandboxedApp` wins when a caller is both an administrator and a
 * sandboxed app, so that a confined program gains nothing from the user who runs it.
 */
export const CALLER_CLASSES = ['administrator', 'standardUser', 'sandboxedApp'] as const;

export type CallerClass = (typeof CALLER_CLASSES)[number];

export function isCallerClass(name: string): name is CallerClass {
  return CALLER_CLASSES.some((callerClass) => callerClass === name);
}

/** The owner of something. An unknown class counts as other than a sandboxed app. */
export interface Owner {
  readonly userKey: string | undefined;
  readonly callerClass: CallerClass | undefined;
}

export interface Caller {
  /**
   * Stable key of the user, to whom quotas, turns and authorization failures are counted: `uid:1000`, or
   * `sid:S-1-5-…` on Windows.
   */
  readonly userKey: string;
  readonly callerClass: CallerClass;
  /** The process that connected. For the audit log only, never for a decision, since process ids are reused. */
  readonly processId?: number | undefined;
  /** Whether the configuration lets this user read everybody's data. Never set for a sandboxed app. */
  readonly isObserver?: true | undefined;
  /** Whether this is the service that runs event actions: an observer who also reports their runs. */
  readonly runsEventActions?: true | undefined;
}

/** What the access to a call depends on: the caller's class, and for a standard user the right to observe. */
export type CallerRole = CallerClass | 'observer';

export const CALLER_ROLES: readonly CallerRole[] = ['administrator', 'observer', 'standardUser', 'sandboxedApp'];

export function roleOf({ callerClass, isObserver }: Caller): CallerRole {
  return callerClass === 'standardUser' && isObserver === true ? 'observer' : callerClass;
}

/** Returns whether a caller may read other users' data. It says nothing about changing that data. */
export function mayReadOthers(caller: Caller): boolean {
  const role = roleOf(caller);
  return role === 'administrator' || role === 'observer';
}

/**
 * Returns whether the caller owns what this owner has or did. For a sandboxed app, other programs of the same user
 * count as strangers, so that it can neither watch nor disturb them.
 */
export function isOwn(caller: Caller, owner: Owner): boolean {
  if (caller.userKey !== owner.userKey) return false;
  return caller.callerClass !== 'sandboxedApp' || owner.callerClass === 'sandboxedApp';
}

/** Returns whether a caller may read what this owner has or did: its own, or anybody's if it may read others' data. */
export function mayRead(caller: Caller, owner: Owner): boolean {
  return mayReadOthers(caller) || isOwn(caller, owner);
}

/** Of each limit that all callers share, one part in this many is reserved for administrators. */
const ADMINISTRATORS_SHARE = 16;

/** Returns how much of a limit that all callers share this caller may use. The rest is reserved for administrators. */
export function sharedLimit(caller: Caller, limit: number): number {
  return isAdministrator(caller) ? limit : limit - Math.floor(limit / ADMINISTRATORS_SHARE);
}

/** Administrators are exempt from the lockout and may use localities 1 to 3 and priorities above HIGH. */
export function isAdministrator(caller: Caller): boolean {
  return caller.callerClass === 'administrator';
}
