/**
 * Authorization sessions: who owns each, which are in the TPM, and the saved forms of the others. A table without I/O;
 * `save-load-evict.ts` saves sessions in the TPM.
 *
 * A session keeps the TPM's handle value, since callers authenticate it. The low 24 bits identify it, since a saved
 * policy session is listed under another type. To its caller, a session is either loaded (in one context) or saved (it
 * belongs to the user); the caller cannot see whether the broker has evicted a loaded one.
 */
import { handleNumber, isSessionHandle } from '../../tpm20/codes.js';
import { SlotEstimate, type Used, UseOrder } from '../eviction-choice.js';
import type { VirtualContext } from './handles.js';

export interface Session extends Used {
  readonly id: number;
  readonly handle: number;
  readonly userKey: string;
  /** The context in which it is loaded; undefined while its caller has it saved. */
  context: VirtualContext | undefined;
  /** The context that saved it, while it is open; a saved session without one is abandoned until somebody loads it. */
  savedBy: VirtualContext | undefined;
  resident: boolean;
  /** The newest TPMS_CONTEXT, while the session is not resident. */
  blob: Uint8Array | undefined;
  /**
   * While saved: the blob that its caller got from ContextSave, which stays valid when a gap repair creates a newer
   * one.
   */
  callerBlob: Uint8Array | undefined;
  /** Order in which the TPM saved the sessions: a context gap concerns the lowest. */
  saveOrder: number;
  /** Order in which callers saved theirs: the lowest is reclaimed first. */
  callerSaveOrder: number;
}

export class Sessions {
  readonly #byNumber = new Map<number, Session>();
  readonly #slots = new SlotEstimate();
  readonly #order = new UseOrder();
  #nextId = 1;
  #saves = 0;
  #residentCount = 0;
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Counts exchanges, so that an exchange does not evict a session that it is using. */
  beginExchange(): void {
    this.#order.beginExchange();
  }

  get size(): number {
    return this.#byNumber.size;
  }

  all(): IterableIterator<Session> {
    return this.#byNumber.values();
  }

  byHandle(handle: number): Session | undefined {
    return isSessionHandle(handle) ? this.#byNumber.get(handleNumber(handle)) : undefined;
  }

  /** Returns a session that this context sees as loaded. */
  loadedIn(context: VirtualContext, handle: number): Session | undefined {
    const session = this.#byNumber.get(handleNumber(handle));
    return session?.context === context ? session : undefined;
  }

  /** Adds a session that the TPM has just started for a context. */
  adopt(context: VirtualContext, handle: number): Session {
    const session = this.#enter(handle, context.caller.userKey);
    session.context = context;
    context.loadedSessionCount++;
    this.#setResident(session, true);
    this.#slots.accepted(this.#residentCount);
    this.#changed();
    return session;
  }

  /** Adds a session that a user saved in an earlier run of the broker. */
  adoptSaved(handle: number, userKey: string, callerBlob: Uint8Array, blob: Uint8Array): Session {
    const session = this.#enter(handle, userKey);
    session.callerBlob = callerBlob;
    session.blob = blob;
    session.saveOrder = ++this.#saves;
    session.callerSaveOrder = this.#saves;
    return session;
  }

  #enter(handle: number, userKey: string): Session {
    const stale = this.byHandle(handle);
    if (stale) this.ended(stale);
    const session: Session = {
      id: this.#nextId++,
      handle,
      userKey,
      context: undefined,
      savedBy: undefined,
      resident: false,
      blob: undefined,
      callerBlob: undefined,
      saveOrder: 0,
      callerSaveOrder: 0,
      lastUse: this.#order.next(),
      pinnedBy: 0,
    };
    this.#byNumber.set(handleNumber(handle), session);
    return session;
  }

  /** Forgets a session that was flushed, ended by a command, or lost with the TPM's memory. */
  ended(session: Session): void {
    if (this.#byNumber.get(handleNumber(session.handle)) !== session) return;
    this.#byNumber.delete(handleNumber(session.handle));
    this.#setResident(session, false);
    if (session.context) session.context.loadedSessionCount--;
    session.context = undefined;
    this.#changed();
  }

  /** Marks a session as used now, and as needed by the running exchange. */
  touch(session: Session): void {
    this.#order.touch(session);
  }

  /** Records that the caller has saved the session: it now belongs to the user, under the blob that the caller got. */
  savedByCaller(context: VirtualContext, session: Session, blob: Uint8Array): void {
    if (session.resident) session.saveOrder = ++this.#saves;
    this.#setResident(session, false);
    session.blob = blob;
    session.callerBlob = blob;
    session.callerSaveOrder = ++this.#saves;
    context.loadedSessionCount--;
    session.context = undefined;
    session.savedBy = context;
    this.#changed();
  }

  /** Records that a caller of the same user has loaded the session. */
  loadedByCaller(context: VirtualContext, session: Session): void {
    session.context = context;
    session.savedBy = undefined;
    session.callerBlob = undefined;
    context.loadedSessionCount++;
    this.#changed();
  }

  /** Records that the load was cancelled: the session is saved again, under the blob that the caller holds. */
  returnToUser(session: Session, callerBlob: Uint8Array): void {
    const context = session.context;
    if (!context) return;
    context.loadedSessionCount--;
    session.context = undefined;
    session.savedBy = context;
    session.callerBlob = callerBlob;
    session.callerSaveOrder = ++this.#saves;
    this.#changed();
  }

  /** Records that the broker has saved the session; nothing changes for its caller. */
  evicted(session: Session, blob: Uint8Array): void {
    this.#setResident(session, false);
    session.blob = blob;
    session.saveOrder = ++this.#saves;
    this.#changed();
  }

  /** Records that the session is in the TPM, because the broker has loaded it or the TPM lists it. */
  nowResident(session: Session): void {
    this.#setResident(session, true);
    this.#changed();
  }

  #setResident(session: Session, resident: boolean): void {
    if (session.resident !== resident) this.#residentCount += resident ? 1 : -1;
    session.resident = resident;
    session.blob = undefined;
  }

  /** Whether the next session needs another one's slot. */
  get isFull(): boolean {
    return this.#slots.isFull(this.#residentCount);
  }

  /** Returns whether to evict a session before the next one is loaded. */
  mustEvictFirst(): boolean {
    return this.#slots.mustEvictFirst(this.#residentCount);
  }

  /** Records that the TPM has room for as many sessions as are resident now. */
  roomProven(): void {
    this.#slots.accepted(this.#residentCount);
  }

  /** Records that the TPM had no room for another session. */
  roomRejected(): void {
    this.#slots.refused(this.#residentCount);
  }

  /** Returns the next session to evict; undefined if the running exchange needs all that are resident. */
  leastRecentlyUsed(): Session | undefined {
    return this.#order.leastRecentlyUsed([...this.all()].filter(({ resident }) => resident));
  }

  /** Returns the session that the TPM saved first. */
  oldestSaved(): Session | undefined {
    let oldest: Session | undefined;
    for (const session of this.#byNumber.values()) {
      if (!session.blob) continue;
      if (!oldest || session.saveOrder < oldest.saveOrder) oldest = session;
    }
    return oldest;
  }

  /** Forgets all sessions: the TPM has lost them. */
  forgetAll(): void {
    for (const session of [...this.#byNumber.values()]) this.ended(session);
    this.#slots.forget();
  }
}
