/**
 * Loads objects and sessions into the TPM and evicts them. A session that is saved here is evicted by the broker; its
 * caller does not notice.
 *
 * Both stay resident until their slot is needed; then the least recently used one is saved and, if it is an object,
 * flushed. An ordinary object cannot change, so its saved form stays stored after it is loaded again, and evicting it a
 * second time costs only a flush. A sequence object changes with every use and is saved again each time.
 */
import { HEADER_BYTES, readUint32, responseCodeOf } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import {
  ACTIVE_SESSION_FIRST,
  handleNumber,
  handleType,
  LOADED_SESSION_FIRST,
  TPM_HT,
  TPM_RC,
} from '../../tpm20/codes.js';
import { contextLoad, contextSave, flushContext } from '../../tpm20/commands.js';
import { isOutOfObjectMemory, isSuccess, isTemporaryFailure } from '../../tpm20/responses.js';
import { ContextGap } from './context-gap.js';
import type { TransientObject, TransientObjects } from './handles.js';
import type { Session, Sessions } from './sessions.js';

export class Swapping {
  /** Physical handles that no context holds any more and that have yet to be flushed. */
  readonly #toFlush = new Set<number>();
  readonly #objects: TransientObjects;
  readonly #sessions: Sessions;
  readonly #contextGap: ContextGap;
  readonly #changed: () => void;

  constructor(objects: TransientObjects, sessions: Sessions, changed: () => void) {
    this.#objects = objects;
    this.#sessions = sessions;
    this.#contextGap = new ContextGap(sessions, (session) => this.#tryToLoad(session));
    this.#changed = changed;
  }

  /** Counts exchanges, so that an exchange does not evict what it is using. */
  beginExchange(): void {
    this.#objects.beginExchange();
    this.#sessions.beginExchange();
  }

  /** Loads an object if it is saved outside. Returns 0, or the response code that prevented it. */
  *loadObject(object: TransientObject): Exchange<number> {
    if (object.physicalHandle !== 0) return TPM_RC.SUCCESS;
    yield* this.reserveObjectSlot();
    for (;;) {
      const blob = object.blob;
      if (!blob) return TPM_RC.REFERENCE_H0;
      const response = yield contextLoad(blob);
      const code = responseCodeOf(response);
      if (code === TPM_RC.SUCCESS && response.length >= HEADER_BYTES + 4) {
        this.#objects.loaded(object, readUint32(response, HEADER_BYTES));
        return TPM_RC.SUCCESS;
      }
      if (!isOutOfObjectMemory(code) && code !== TPM_RC.SESSION_MEMORY) return code || TPM_RC.REFERENCE_H0;
      this.#objects.roomRejected();
      if (!(yield* this.evictOneObject())) return code;
    }
  }

  /** Makes room for one more object if the TPM is known to be full, which saves a rejection. */
  *reserveObjectSlot(): Exchange<void> {
    if (this.#objects.mustEvictFirst()) yield* this.evictOneObject();
  }

  /** Evicts the least recently used object that the running exchange does not need; returns false if there is none. */
  *evictOneObject(): Exchange<boolean> {
    for (let victim = this.#objects.leastRecentlyUsed(); victim; victim = this.#objects.leastRecentlyUsed()) {
      if (yield* this.evictObject(victim)) return true;
    }
    return false;
  }

  /** Saves and flushes an object; returns false if the TPM rejects the save; the object then stays in the TPM. */
  *evictObject(object: TransientObject): Exchange<boolean> {
    if (!object.blob) {
      const saved = yield contextSave(object.physicalHandle);
      const code = responseCodeOf(saved);
      if (code === TPM_RC.REFERENCE_H0) {
        this.#objects.remove(object);
        return true;
      }
      if (code !== TPM_RC.SUCCESS) {
        object.saveRejected = true;
        return false;
      }
      object.blob = saved.slice(HEADER_BYTES);
    }
    // Whatever the TPM answers, the handle cannot be used any more.
    yield flushContext(object.physicalHandle);
    this.#objects.evicted(object);
    return true;
  }

  /** Loads a session if it is saved outside. Returns 0, or the response code that prevented it. */
  *loadSession(session: Session): Exchange<number> {
    if (session.resident) return TPM_RC.SUCCESS;
    yield* this.reserveSessionSlot();
    for (;;) {
      const code = yield* this.#tryToLoad(session);
      if (code === TPM_RC.SUCCESS) {
        this.#sessions.roomProven();
        return code;
      }
      if (code === TPM_RC.SESSION_MEMORY) this.#sessions.roomRejected();
      if (!(yield* this.makeSessionRoom(code))) return code;
    }
  }

  *#tryToLoad(session: Session): Exchange<number> {
    if (!session.blob) return TPM_RC.OBJECT_MEMORY;
    const code = responseCodeOf(yield contextLoad(session.blob));
    if (code === TPM_RC.SUCCESS) this.#sessions.nowResident(session);
    return code;
  }

  /** Makes room for one more session if the TPM is known to be full, which saves a rejection. */
  *reserveSessionSlot(): Exchange<void> {
    if (this.#sessions.mustEvictFirst()) yield* this.evictOneSession();
  }

  /** Resolves a rejection that concerns loaded sessions or the context gap; returns false if nothing helps. */
  *makeSessionRoom(code: number): Exchange<boolean> {
    if (code === TPM_RC.CONTEXT_GAP) return yield* this.#contextGap.repair();
    if (code === TPM_RC.SESSION_MEMORY || code === TPM_RC.MEMORY) return yield* this.evictOneSession();
    return false;
  }

  /** Evicts the least recently used session that the running exchange does not need; returns false if there is none. */
  *evictOneSession(): Exchange<boolean> {
    const victim = this.#sessions.leastRecentlyUsed();
    return victim ? yield* this.evictSession(victim) : false;
  }

  /** Saves a session; returns false if the TPM cannot save it now. */
  *evictSession(session: Session): Exchange<boolean> {
    // A repair makes one other session the newest, or ends it: after one for each of them, no more can help.
    const maxAttempts = this.#sessions.size;
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      const response = yield contextSave(session.handle);
      const code = responseCodeOf(response);
      if (code === TPM_RC.SUCCESS) {
        this.#sessions.evicted(session, response.slice(HEADER_BYTES));
        return true;
      }
      if (code === TPM_RC.CONTEXT_GAP) {
        if (!(yield* this.#contextGap.repair())) return false;
        continue;
      }
      if (isTemporaryFailure(code)) return false;
      // A loaded session can always be saved, so this one no longer exists.
      this.#sessions.ended(session);
      return true;
    }
    return false;
  }

  /** Flushes a session, loaded or saved, and forgets it. Returns the TPM's response. */
  *flushSession(session: Session): Exchange<Uint8Array> {
    let response = yield flushContext(session.handle);
    if (!isSuccess(response) && !session.resident) {
      // Some TPMs know a saved session only by the type under which they list it.
      const isHmac = handleType(session.handle) === TPM_HT.HMAC_SESSION;
      const other = (isHmac ? ACTIVE_SESSION_FIRST : LOADED_SESSION_FIRST) | handleNumber(session.handle);
      response = yield flushContext(other);
    }
    this.#sessions.ended(session);
    return response;
  }

  /** Queues handles that no context holds any more, for `flushPending`. */
  flushLater(handles: Iterable<number>): void {
    for (const handle of handles) this.#toFlush.add(handle);
    this.#changed();
  }

  /** Flushes what `flushLater` queued. Whatever the TPM answers, the handle does not exist afterwards. */
  *flushPending(): Exchange<void> {
    for (const handle of [...this.#toFlush]) {
      yield flushContext(handle);
      this.#toFlush.delete(handle);
      this.#changed();
    }
  }

  /** Returns the handles that have yet to be flushed. */
  pendingFlushes(): ReadonlySet<number> {
    return this.#toFlush;
  }

  /** Removes a handle that the TPM no longer has from the queue. */
  cancelFlush(handle: number): void {
    this.#toFlush.delete(handle);
  }

  /** Empties the queue, since the TPM has lost everything. */
  cancelAllFlushes(): void {
    this.#toFlush.clear();
  }
}
