/**
 * Limits how many keys and sessions a user may have, and decides which saved session is flushed when the TPM has no
 * room for another.
 */
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_RESULT, TPM_RT } from '../../tpm12/codes.js';
import { flushSpecific } from '../../tpm12/commands.js';
import type { Keys, VirtualContext } from './handles.js';
import type { CallerSavedSession, SavedForm, SavedSessions, Session, Sessions } from './sessions.js';

export interface ResourceLimits {
  /** Keys that all contexts of one user may hold together. */
  readonly keysPerUser: number;
  /**
   * Sessions of all kinds, saved ones included, that one user may hold. Default: half of the sessions that the TPM can
   * hold, loaded and saved, but between 8 and 64. A TPM 1.2 holds at least 3 loaded and 16 saved.
   */
  readonly sessionsPerUser: number;
}

const DEFAULT_KEYS_PER_USER = 64;
const MIN_SESSIONS_PER_USER = 8;
const MAX_SESSIONS_PER_USER = 64;

export class Quotas {
  readonly keysPerUser: number;
  #sessionsPerUser: number;
  readonly #sessionsAreConfigured: boolean;
  readonly #keys: Keys;
  readonly #sessions: Sessions;
  readonly #saved: SavedSessions;

  constructor(limits: Partial<ResourceLimits>, keys: Keys, sessions: Sessions, saved: SavedSessions) {
    this.#keys = keys;
    this.#sessions = sessions;
    this.#saved = saved;
    this.keysPerUser = limits.keysPerUser ?? DEFAULT_KEYS_PER_USER;
    this.#sessionsPerUser = limits.sessionsPerUser ?? MIN_SESSIONS_PER_USER;
    this.#sessionsAreConfigured = limits.sessionsPerUser !== undefined;
  }

  get sessionsPerUser(): number {
    return this.#sessionsPerUser;
  }

  /** Whether the limit on sessions follows from what the TPM holds. */
  get followsCapacity(): boolean {
    return !this.#sessionsAreConfigured;
  }

  /** Records how many sessions the TPM can hold, loaded and saved together. */
  learnSessionCapacity(sessions: number): void {
    this.#sessionsPerUser = Math.min(MAX_SESSIONS_PER_USER, Math.max(MIN_SESSIONS_PER_USER, Math.floor(sessions / 2)));
  }

  /** Returns how many more keys the context's user may load now. */
  keysAvailableTo(context: VirtualContext): number {
    const { userKey } = context.caller;
    let held = 0;
    for (const key of this.#keys.all()) if (key.context.caller.userKey === userKey) held++;
    return Math.max(0, this.keysPerUser - held);
  }

  /** Returns how many more sessions the user may start now. */
  sessionsAvailableTo(userKey: string): number {
    let held = this.#saved.ofUser(userKey).length;
    for (const session of this.#sessions.all()) if (session.context.caller.userKey === userKey) held++;
    return Math.max(0, this.#sessionsPerUser - held);
  }
}

/** Makes room for one more saved session in the TPM, which has a list of them, by flushing one. */
export class SavedSessionRoom {
  #newestContextCount = 0;
  readonly #sessions: Sessions;
  readonly #saved: SavedSessions;
  readonly #flush: (session: Session) => Exchange<void>;
  readonly #changed: () => void;

  constructor(
    sessions: Sessions,
    saved: SavedSessions,
    flush: (session: Session) => Exchange<void>,
    changed: () => void,
  ) {
    this.#sessions = sessions;
    this.#saved = saved;
    this.#flush = flush;
    this.#changed = changed;
  }

  /** The highest number that the TPM has given a saved session. */
  get newestContextCount(): number {
    return this.#newestContextCount;
  }

  noteSaved(contextCount: number): void {
    this.#newestContextCount = Math.max(this.#newestContextCount, contextCount);
  }

  tpmWasReset(): void {
    this.#newestContextCount = 0;
  }

  /**
   * Reacts to `code`, the TPM's response to TPM_SaveContext: returns true if a session was flushed, so that the command
   * can be sent again.
   */
  *makeRoomAfter(code: number): Exchange<boolean> {
    if (code === TPM_RESULT.CONTEXT_GAP) return yield* this.#flushOldest();
    return code === TPM_RESULT.NOCONTEXTSPACE ? yield* this.#flushFromLargestHolder() : false;
  }

  /**
   * Flushes the least recently used session of the user who holds most, so that a hoarder never costs another user a
   * session.
   */
  *#flushFromLargestHolder(): Exchange<boolean> {
    const held = this.#heldOutside();
    const perUser = new Map<string, number>();
    const users = [...held.map((session) => session.context.caller), ...this.#saved.all()];
    for (const { userKey } of users) perUser.set(userKey, (perUser.get(userKey) ?? 0) + 1);
    const most = Math.max(0, ...perUser.values());
    const holdsMost = ({ userKey }: { userKey: string }) => perUser.get(userKey) === most;
    const abandoned = this.#saved.all().find(holdsMost);
    if (abandoned !== undefined) return yield* this.#flushCallerSaved(abandoned);
    const [victim] = held
      .filter((session) => holdsMost(session.context.caller))
      .sort((left, right) => left.lastUse - right.lastUse);
    if (victim === undefined) return false;
    yield* this.#flush(victim);
    return true;
  }

  /**
   * Flushes the oldest session: the TPM saves no more while it is too far behind. context-gap.ts normally prevents
   * this.
   */
  *#flushOldest(): Exchange<boolean> {
    const [oldest] = [...this.#heldOutside(), ...this.#saved.all()].sort(
      (left, right) => countOf(left) - countOf(right),
    );
    if (oldest === undefined) return false;
    if ('current' in oldest) return yield* this.#flushCallerSaved(oldest);
    yield* this.#flush(oldest);
    return true;
  }

  #heldOutside(): EvictedSession[] {
    return [...this.#sessions.all()].filter((session): session is EvictedSession => session.saved !== undefined);
  }

  *#flushCallerSaved(session: CallerSavedSession): Exchange<boolean> {
    this.#saved.remove(session);
    this.#changed();
    yield flushSpecific(session.current.contextCount, TPM_RT.CONTEXT);
    return true;
  }
}

type EvictedSession = Session & { readonly saved: SavedForm };

function countOf(session: EvictedSession | CallerSavedSession): number {
  return 'current' in session ? session.current.contextCount : session.saved.contextCount;
}
