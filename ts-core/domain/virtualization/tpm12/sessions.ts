/**
 * Authorization and transport sessions: which context holds each, which are in the TPM, and the saved forms of the
 * others; and the sessions that callers saved. Tables without I/O; `save-load-evict.ts` saves sessions in the TPM.
 *
 * To its caller, a session is either loaded (in one context) or saved (it belongs to the user); the caller cannot see
 * whether the broker has evicted a loaded one.
 */
import { base64ToBytes } from '../../base64.js';
import { sameBytes } from '../../tpm/byte-fields.js';
import { TPM_RT } from '../../tpm12/codes.js';
import type { ResourceKind, SessionKind } from '../../tpm12/command-shape.js';
import { readContextBlob } from '../../tpm12/structures.js';
import { UseOrder } from '../eviction-choice.js';
import type { SavedSessionRecord } from '../virtualizer.js';
import type { Held, Key, VirtualContext } from './handles.js';

/**
 * The entity to which an OSAP or DSAP session is bound; TPM_LoadContext needs its handle again. The key, if a context
 * holds it; otherwise the handle of an NV index, a counter or a reserved key.
 */
export type SessionLink = Key | number;

/** Returns the key to which a session is bound, if a context holds it. */
export function linkedKey({ link }: { readonly link?: SessionLink | undefined }): Key | undefined {
  return typeof link === 'object' ? link : undefined;
}

/** Returns the handle by which TPM_LoadContext finds the entity of a session; 0 if there is none. */
export function entityHandleOf(link: SessionLink | undefined): number {
  return typeof link === 'number' ? link : (link?.physicalHandle ?? 0);
}

/** A session outside the TPM. */
export interface SavedForm {
  readonly blob: Uint8Array;
  /** The number that the TPM gave it. */
  readonly contextCount: number;
}

/** A session that a context has loaded. */
export interface Session extends Held {
  readonly kind: SessionKind;
  readonly link: SessionLink | undefined;
  /** TPM_TRANSPORT_ATTRIBUTES of a transport session; 0 for others. */
  readonly transportAttributes: number;
  /** Blob and context count while the broker has evicted it; both are void once it is loaded again. */
  saved: SavedForm | undefined;
}

/** What is known about a session that was created or loaded in the TPM. */
export interface NewSession {
  readonly link?: SessionLink | undefined;
  readonly transportAttributes?: number;
  /** The virtual handle to use if it is free, in place of the physical one. */
  readonly wanted?: number;
}

export type Resource = Key | Session;

type SessionsOfContext = Readonly<Record<SessionKind, Map<number, Session>>>;

export class Sessions {
  readonly #contexts: ReadonlyMap<number, VirtualContext>;
  readonly #byContext = new WeakMap<VirtualContext, SessionsOfContext>();
  readonly #order = new UseOrder();
  #nextId = 1;

  constructor(contexts: ReadonlyMap<number, VirtualContext>) {
    this.#contexts = contexts;
  }

  /** Counts exchanges, so that an exchange does not evict a session that it is using. */
  beginExchange(): void {
    this.#order.beginExchange();
  }

  *all(): IterableIterator<Session> {
    for (const context of this.#contexts.values()) yield* this.ofContext(context);
  }

  ofContext(context: VirtualContext): readonly Session[] {
    const { authSession, transportSession } = this.#of(context);
    return [...authSession.values(), ...transportSession.values()];
  }

  /** Returns a session that this context sees as loaded. */
  loadedIn(context: VirtualContext, kind: SessionKind, virtualHandle: number): Session | undefined {
    return this.#of(context)[kind].get(virtualHandle);
  }

  /** Adds a session that was created or loaded in the TPM for a context. */
  adopt(context: VirtualContext, kind: SessionKind, physicalHandle: number, facts: NewSession): Session {
    const session: Session = {
      id: `${kind}-${this.#nextId++}`,
      kind,
      context,
      virtualHandle: this.#freeHandle(context, kind, facts.wanted ?? physicalHandle),
      physicalHandle,
      link: facts.link,
      transportAttributes: facts.transportAttributes ?? 0,
      saved: undefined,
      lastUse: this.#order.next(),
      pinnedBy: 0,
    };
    this.#of(context)[kind].set(session.virtualHandle, session);
    return session;
  }

  #freeHandle(context: VirtualContext, kind: SessionKind, wanted: number): number {
    let handle = wanted;
    while (this.loadedIn(context, kind, handle) !== undefined) handle = (handle + 1) >>> 0;
    return handle;
  }

  /** Forgets a session that was flushed, saved by its caller, ended by a command, or lost with the TPM's memory. */
  ended(session: Session): void {
    session.physicalHandle = undefined;
    session.saved = undefined;
    this.#of(session.context)[session.kind].delete(session.virtualHandle);
  }

  /** Marks a session as used now, and as needed by the running exchange. */
  touch(session: Session): void {
    this.#order.touch(session);
  }

  /** Returns the next session of a kind to evict; undefined if the running exchange needs all that are resident. */
  leastRecentlyUsed(kind: SessionKind): Session | undefined {
    const isCandidate = (session: Session) => session.kind === kind && session.physicalHandle !== undefined;
    return this.#order.leastRecentlyUsed([...this.all()].filter(isCandidate));
  }

  /** Forgets all sessions of contexts: the TPM has lost them. */
  forgetAll(): void {
    for (const session of this.all()) this.ended(session);
  }

  #of(context: VirtualContext): SessionsOfContext {
    let sessions = this.#byContext.get(context);
    if (sessions === undefined) {
      sessions = { authSession: new Map(), transportSession: new Map() };
      this.#byContext.set(context, sessions);
    }
    return sessions;
  }
}

/** Returns the key or session that a handle of a context stands for. */
export function findResource(
  sessions: Sessions,
  context: VirtualContext,
  kind: ResourceKind,
  virtualHandle: number,
): Resource | undefined {
  return kind === 'key' ? context.key(virtualHandle) : sessions.loadedIn(context, kind, virtualHandle);
}

/** A session that a caller saved itself; any context of the same user can load it, once. */
export interface CallerSavedSession {
  readonly id: string;
  readonly kind: SessionKind;
  readonly userKey: string;
  /** The blob that the caller holds, and the context count by which the caller knows the session. */
  readonly blob: Uint8Array;
  readonly contextCount: number;
  /** The blob and count that the TPM accepts: the same, until the session is saved again (context-gap.ts). */
  current: SavedForm;
  readonly virtualHandle: number;
  readonly link: SessionLink | undefined;
  readonly transportAttributes: number;
  /** Order of saving. */
  readonly sequence: number;
}

/**
 * Sessions that callers saved with TPM_SaveContext or TPM_SaveAuthContext. They belong to the user who saved them, and
 * outlive the context and the broker.
 */
export class SavedSessions {
  #sessions: CallerSavedSession[] = [];
  #sequence = 0;

  add(session: Omit<CallerSavedSession, 'sequence'>): void {
    this.#sessions.push({ ...session, sequence: ++this.#sequence });
  }

  remove(session: CallerSavedSession): void {
    this.#sessions = this.#sessions.filter((other) => other !== session);
  }

  clear(): void {
    this.#sessions = [];
  }

  /** Returns the user's own session with this blob. Another user's blob is treated like one that never existed. */
  find(userKey: string, blob: Uint8Array): CallerSavedSession | undefined {
    return this.#sessions.find((session) => session.userKey === userKey && sameBytes(session.blob, blob));
  }

  findByCount(userKey: string, contextCount: number): CallerSavedSession | undefined {
    return this.#sessions.find((session) => session.userKey === userKey && session.contextCount === contextCount);
  }

  all(): readonly CallerSavedSession[] {
    return this.#sessions;
  }

  ofUser(userKey: string): readonly CallerSavedSession[] {
    return this.#sessions.filter((session) => session.userKey === userKey);
  }

  /** Takes over a session from an earlier run of the broker, if the TPM still knows its context count. */
  restore(record: SavedSessionRecord, knownCounts: readonly number[] | undefined): void {
    const blob = base64ToBytes(record.callerBlob);
    const currentBlob = base64ToBytes(record.currentBlob);
    const facts = readContextBlob(blob);
    const current = readContextBlob(currentBlob);
    if (facts === undefined || current === undefined || !knownCounts?.includes(current.contextCount)) return;
    this.add({
      id: `saved-${facts.contextCount}`,
      kind: facts.resourceType === TPM_RT.TRANS ? 'transportSession' : 'authSession',
      userKey: record.userKey,
      blob,
      contextCount: facts.contextCount,
      current: { blob: currentBlob, contextCount: current.contextCount },
      virtualHandle: record.handle,
      link: undefined,
      transportAttributes: 0,
    });
  }
}
