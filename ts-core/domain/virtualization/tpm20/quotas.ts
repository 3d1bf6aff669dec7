/**
 * Limits how many objects and sessions a context and a user may have.
 *
 * The TPM's active sessions (64 on most), loaded and saved together, are shared: a user may hold at most as many as are
 * still free. One user alone can get half of them, two greedy users a third each, and some are always left for the next
 * user. Abandoned sessions (saved by a connection that has ended) are reclaimed first, oldest first, and a user may
 * have only a bounded number of them.
 */
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_RC } from '../../tpm20/codes.js';
import { OBJECT_QUOTA, SESSION_QUOTA } from '../../tpm20/responses.js';
import type { TransientObjects, VirtualContext } from './handles.js';
import type { Swapping } from './save-load-evict.js';
import type { Session, Sessions } from './sessions.js';

/** Bounds on what callers may hold. They are read whenever they are needed, so that they follow the policy. */
export interface ResourceLimits {
  /** Objects, sequences and loaded sessions of one context (MaxResources). */
  readonly resourcesPerContext: number;
  /** Sessions that one context has loaded at the same time. */
  readonly sessionsPerContext: number;
  /** Objects and sequences of one user in all contexts; bounded because an evicted one takes the broker's memory. */
  readonly objectsPerUser: number;
  /** Saved sessions of one user whose connection has ended. */
  readonly abandonedSessionsPerUser: number;
}

/** The defaults. tpm2-abrmd also allows four abandoned sessions, and its tests rely on that. */
export const DEFAULT_RESOURCE_LIMITS: ResourceLimits = {
  resourcesPerContext: 500,
  sessionsPerContext: 16,
  objectsPerUser: 8192,
  abandonedSessionsPerUser: 4,
};

export class Quotas {
  readonly #activeSessionsMax: number;
  readonly #objects: TransientObjects;
  readonly #sessions: Sessions;
  readonly #swapping: Swapping;

  constructor(
    readonly limits: ResourceLimits,
    activeSessionsMax: number,
    objects: TransientObjects,
    sessions: Sessions,
    swapping: Swapping,
  ) {
    this.#activeSessionsMax = activeSessionsMax;
    this.#objects = objects;
    this.#sessions = sessions;
    this.#swapping = swapping;
  }

  /** Makes room for another object or session of the context. Returns 0, or the code of the quota that is exhausted. */
  *admit(context: VirtualContext, kind: 'object' | 'session'): Exchange<number> {
    if (kind === 'object') {
      if (this.objectsAvailableTo(context) === 0) return OBJECT_QUOTA;
      yield* this.#swapping.reserveObjectSlot();
      return TPM_RC.SUCCESS;
    }
    if (this.loadableSessions(context) === 0) return SESSION_QUOTA;
    if (!(yield* this.#reclaimFor(context.caller.userKey))) return SESSION_QUOTA;
    yield* this.#swapping.reserveSessionSlot();
    return TPM_RC.SUCCESS;
  }

  objectsAvailableTo(context: VirtualContext): number {
    const ofUser = this.limits.objectsPerUser - this.#objects.heldBy(context.caller.userKey);
    return Math.max(0, Math.min(this.#resourcesLeft(context), ofUser));
  }

  loadableSessions(context: VirtualContext): number {
    const left = this.limits.sessionsPerContext - context.loadedSessionCount;
    return Math.max(0, Math.min(this.#resourcesLeft(context), left));
  }

  #resourcesLeft(context: VirtualContext): number {
    return this.limits.resourcesPerContext - context.objectCount - context.loadedSessionCount;
  }

  /** Returns how many more sessions the user may start now. */
  sessionsAvailableTo(userKey: string): number {
    let held = 0;
    for (const session of this.#sessions.all()) if (session.userKey === userKey) held++;
    const free = this.#activeSessionsMax - this.#sessions.size;
    // Each session started is one more held and one less free.
    return Math.max(0, Math.ceil((free - held) / 2));
  }

  /**
   * Reclaims the user's own abandoned sessions until another one may start; returns false if the share is exhausted.
   */
  *#reclaimFor(userKey: string): Exchange<boolean> {
    while (this.sessionsAvailableTo(userKey) === 0) {
      const [oldest] = this.#abandoned((session) => session.userKey === userKey);
      if (!oldest) return false;
      yield* this.#swapping.flushSession(oldest);
    }
    return true;
  }

  /**
   * Reclaims an abandoned session of the user who has most of them, because the TPM has no session handle left. Of
   * several such users, it is the one with the oldest session.
   */
  *reclaimAbandonedSession(): Exchange<boolean> {
    const byUser = new Map<string, Session[]>();
    for (const session of this.#abandoned()) {
      byUser.set(session.userKey, [...(byUser.get(session.userKey) ?? []), session]);
    }
    let most: readonly Session[] = [];
    for (const ofUser of byUser.values()) if (ofUser.length > most.length) most = ofUser;
    const [oldest] = most;
    if (!oldest) return false;
    yield* this.#swapping.flushSession(oldest);
    return true;
  }

  /** Reclaims the oldest of the user's abandoned sessions beyond the bound. */
  *boundAbandonedSessions(userKey: string): Exchange<void> {
    const abandoned = this.#abandoned((session) => session.userKey === userKey);
    const excess = Math.max(0, abandoned.length - this.limits.abandonedSessionsPerUser);
    for (const session of abandoned.slice(0, excess)) yield* this.#swapping.flushSession(session);
  }

  /** Returns the selected sessions that are abandoned, the one that was saved first at the beginning. */
  #abandoned(isSelected: (session: Session) => boolean = () => true): Session[] {
    return [...this.#sessions.all()]
      .filter((session) => isAbandoned(session) && isSelected(session))
      .sort((left, right) => left.callerSaveOrder - right.callerSaveOrder);
  }
}

function isAbandoned(session: Session): boolean {
  return session.callerBlob !== undefined && session.savedBy === undefined;
}
