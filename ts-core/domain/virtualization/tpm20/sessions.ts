/**
 * Authorization sessions: whose each one is, which are in the TPM, and the saved forms of the others.
 *
 * A session keeps the handle value that the TPM gave, since callers authenticate it; it is identified by the low 24 bits,
 * since a saved policy session is listed under another type. From its caller's side it is loaded (in one context) or
 * saved (belongs to the user); whether the broker has evicted a loaded one is invisible.
 */
import { HEADER_BYTES, responseCodeOf } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import {
  ACTIVE_SESSION_FIRST,
  handleNumber,
  isSessionHandle,
  LOADED_SESSION_FIRST,
  TPM_RC,
} from '../../tpm20/codes.js';
import { contextLoad, contextSave, flushContext } from '../../tpm20/commands.js';
import { isTemporaryFailure } from '../../tpm20/responses.js';
import { SlotEstimate } from './slot-estimate.js';
import type { VirtualContext } from './virtual-context.js';

export interface Session {
  readonly id: number;
  readonly handle: number;
  readonly userKey: string;
  /** The context in which it is loaded; undefined while its caller has it saved. */
  context: VirtualContext | undefined;
  /** The context that saved it, while that lives; a saved session without one is abandoned until somebody loads it. */
  savedBy: VirtualContext | undefined;
  resident: boolean;
  /** The newest TPMS_CONTEXT, while it is not resident. */
  blob: Uint8Array | undefined;
  /** What its caller got from ContextSave, while saved: stays valid when a gap repair makes a newer blob. */
  callerBlob: Uint8Array | undefined;
  /** Order in which the TPM saved it: the lowest is what a context gap is about. */
  saveOrder: number;
  /** Order in which callers saved theirs: the lowest is reclaimed first. */
  callerSaveOrder: number;
  lastUse: number;
  pinnedBy: number;
}

export class Sessions {
  readonly #byNumber = new Map<number, Session>();
  readonly #slots = new SlotEstimate();
  #nextId = 1;
  #uses = 0;
  #saves = 0;
  #residentCount = 0;
  exchange = 0;

  constructor(private readonly changed: () => void) {}

  get size(): number {
    return this.#byNumber.size;
  }

  all(): IterableIterator<Session> {
    return this.#byNumber.values();
  }

  byHandle(handle: number): Session | undefined {
    return isSessionHandle(handle) ? this.#byNumber.get(handleNumber(handle)) : undefined;
  }

  /** A session that this context sees as loaded. */
  loadedIn(context: VirtualContext, handle: number): Session | undefined {
    const session = this.#byNumber.get(handleNumber(handle));
    return session?.context === context ? session : undefined;
  }

  /** Enters a session that the TPM has just started for a context. */
  adopt(context: VirtualContext, handle: number): Session {
    const session = this.#enter(handle, context.caller.userKey);
    session.context = context;
    context.loadedSessionCount++;
    this.#setResident(session, true);
    this.#slots.accepted(this.#residentCount);
    this.changed();
    return session;
  }

  /** Enters a session that a user saved in an earlier run of the broker. */
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
      lastUse: ++this.#uses,
      pinnedBy: 0,
    };
    this.#byNumber.set(handleNumber(handle), session);
    return session;
  }

  /** The session is no more: flushed, ended by a command, or lost with the TPM's memory. */
  ended(session: Session): void {
    if (this.#byNumber.get(handleNumber(session.handle)) !== session) return;
    this.#byNumber.delete(handleNumber(session.handle));
    this.#setResident(session, false);
    if (session.context) session.context.loadedSessionCount--;
    session.context = undefined;
    this.changed();
  }

  touch(session: Session): void {
    session.lastUse = ++this.#uses;
    session.pinnedBy = this.exchange;
  }

  /** The caller has saved it: from now on it belongs to the user, under the blob that the caller got. */
  nowSavedBy(context: VirtualContext, session: Session, blob: Uint8Array): void {
    if (session.resident) session.saveOrder = ++this.#saves;
    this.#setResident(session, false);
    session.blob = blob;
    session.callerBlob = blob;
    session.callerSaveOrder = ++this.#saves;
    if (session.context) session.context.loadedSessionCount--;
    session.context = undefined;
    session.savedBy = context;
    this.changed();
  }

  /** A caller of the same user has loaded it. */
  nowLoadedIn(context: VirtualContext, session: Session): void {
    session.context = context;
    session.savedBy = undefined;
    session.callerBlob = undefined;
    context.loadedSessionCount++;
    this.changed();
  }

  /** A load that its caller gave up: saved again, under the blob that the caller holds. */
  returnToUser(session: Session, callerBlob: Uint8Array): void {
    const context = session.context;
    if (!context) return;
    context.loadedSessionCount--;
    session.context = undefined;
    session.savedBy = context;
    session.callerBlob = callerBlob;
    session.callerSaveOrder = ++this.#saves;
    this.changed();
  }

  setResident(session: Session, resident: boolean): void {
    this.#setResident(session, resident);
    this.changed();
  }

  #setResident(session: Session, resident: boolean): void {
    if (session.resident !== resident) this.#residentCount += resident ? 1 : -1;
    session.resident = resident;
    if (resident) session.blob = undefined;
  }

  /** Loads it into the TPM when it is not there. Returns 0, or the response code that stopped it. */
  *makeResident(session: Session): Exchange<number> {
    if (session.resident) return TPM_RC.SUCCESS;
    yield* this.reserveSlot();
    for (;;) {
      const code = yield* this.#load(session);
      if (code === TPM_RC.SUCCESS) {
        this.#slots.accepted(this.#residentCount);
        this.changed();
        return code;
      }
      if (code === TPM_RC.SESSION_MEMORY) this.#slots.refused(this.#residentCount);
      if (!(yield* this.makeRoom(code))) return code;
    }
  }

  *#load(session: Session): Exchange<number> {
    if (!session.blob) return TPM_RC.OBJECT_MEMORY;
    const code = responseCodeOf(yield contextLoad(session.blob));
    if (code === TPM_RC.SUCCESS) this.#setResident(session, true);
    return code;
  }

  /** Whether the next one will need another's slot. */
  get isFull(): boolean {
    return this.#slots.isReached(this.#residentCount);
  }

  *reserveSlot(): Exchange<void> {
    if (this.#slots.isFull(this.#residentCount)) yield* this.evictOne();
  }

  /** Does what the TPM's refusal asks for, if it is about loaded sessions or the context gap; false when nothing helps. */
  *makeRoom(code: number): Exchange<boolean> {
    if (code === TPM_RC.CONTEXT_GAP) return yield* this.repairGap();
    if (code === TPM_RC.SESSION_MEMORY || code === TPM_RC.MEMORY) return yield* this.evictOne();
    return false;
  }

  /** Saves the least recently used session that this exchange does not need; false when there is none. */
  *evictOne(): Exchange<boolean> {
    let oldest: Session | undefined;
    for (const session of this.#byNumber.values()) {
      if (!session.resident || session.pinnedBy === this.exchange) continue;
      if (!oldest || session.lastUse < oldest.lastUse) oldest = session;
    }
    return oldest ? yield* this.evict(oldest) : false;
  }

  *evict(session: Session): Exchange<boolean> {
    // Bounded by the number of sessions: every repair makes another one the oldest.
    for (let attempt = 0; attempt <= this.#byNumber.size; attempt++) {
      const response = yield contextSave(session.handle);
      const code = responseCodeOf(response);
      if (code === TPM_RC.SUCCESS) {
        this.#saved(session, response.slice(HEADER_BYTES));
        return true;
      }
      if (code === TPM_RC.CONTEXT_GAP) {
        if (!(yield* this.repairGap())) return false;
        continue;
      }
      if (code === TPM_RC.INITIALIZE || isTemporaryFailure(code)) return false;
      // A loaded session can always be saved, so it is not there any more.
      this.ended(session);
      return true;
    }
    return false;
  }

  #saved(session: Session, blob: Uint8Array): void {
    this.#setResident(session, false);
    session.blob = blob;
    session.saveOrder = ++this.#saves;
    this.changed();
  }

  /**
   * TPM_RC_CONTEXT_GAP: the oldest saved session is too far behind the TPM's counter. Loading and saving it again moves
   * it to the front. The TPM keeps one slot free for this. TPM 2.0 Library Part 1, 30.5 "Session Context Management".
   */
  *repairGap(): Exchange<boolean> {
    let oldest: Session | undefined;
    for (const session of this.#byNumber.values()) {
      if (session.resident || !session.blob) continue;
      if (!oldest || session.saveOrder < oldest.saveOrder) oldest = session;
    }
    if (!oldest) return false;
    const code = yield* this.#load(oldest);
    if (code === TPM_RC.INITIALIZE || isTemporaryFailure(code)) return false;
    if (code !== TPM_RC.SUCCESS) {
      this.ended(oldest);
      return true;
    }
    const saved = yield contextSave(oldest.handle);
    if (responseCodeOf(saved) === TPM_RC.SUCCESS) this.#saved(oldest, saved.slice(HEADER_BYTES));
    return true;
  }

  /** Flushes it in the TPM, loaded or saved, and forgets it. Returns the TPM's answer. */
  *flush(session: Session): Exchange<number> {
    let code = responseCodeOf(yield flushContext(session.handle));
    if (code === TPM_RC.INITIALIZE) return code;
    if (code !== TPM_RC.SUCCESS && !session.resident) {
      // Some TPMs know a saved session only by the type under which they list it.
      const other =
        (session.handle >>> 24 === 2 ? ACTIVE_SESSION_FIRST : LOADED_SESSION_FIRST) | handleNumber(session.handle);
      code = responseCodeOf(yield flushContext(other));
    }
    this.ended(session);
    return code;
  }

  /** Everything was lost with the TPM's memory. */
  forgetAll(): void {
    for (const session of [...this.#byNumber.values()]) this.ended(session);
    this.#slots.forget();
  }
}
