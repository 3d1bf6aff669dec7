/**
 * Keeps the oldest saved session from falling too far behind the newest. A TPM numbers the sessions that it saves, and
 * rejects further saves (TPM_CONTEXT_GAP) once the distance is too large: at least 2^16 - 1 on any TPM (TPM Main Part
 * 2, 21.2, TPM_CAP_PROP_CONTEXT_DIST; Part 3, 21.2). By then it would be too late, since making room for the oldest
 * takes saving another. So the oldest is loaded and saved again when it is halfway there. The blob that a caller holds
 * stays valid: the newest blob is loaded in its place.
 */
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_RESULT } from '../../tpm12/codes.js';
import { flushSpecific, loadContext, saveContext } from '../../tpm12/commands.js';
import { firstHandle } from '../../tpm12/responses.js';
import { resourceTypeOf } from './handles.js';
import { type Swapping, savedForm } from './save-load-evict.js';
import {
  type CallerSavedSession,
  entityHandleOf,
  linkedKey,
  type SavedSessions,
  type Session,
  type Sessions,
} from './sessions.js';

const LEAST_CONTEXT_DISTANCE = 0xffff;
const REFRESH_DISTANCE = LEAST_CONTEXT_DISTANCE >>> 1;

export class ContextGap {
  /** Sessions that could not be loaded for a refresh because their key is not loaded now. */
  readonly #leftAlone = new WeakSet<Session | CallerSavedSession>();
  readonly #sessions: Sessions;
  readonly #saved: SavedSessions;
  readonly #swapping: Swapping;
  readonly #changed: () => void;

  constructor(sessions: Sessions, saved: SavedSessions, swapping: Swapping, changed: () => void) {
    this.#sessions = sessions;
    this.#saved = saved;
    this.#swapping = swapping;
    this.#changed = changed;
  }

  /** Refreshes at most one session per caller's command, which the remaining distance allows. */
  *keepSmall(): Exchange<void> {
    const limit = this.#swapping.savedRoom.newestContextCount - REFRESH_DISTANCE;
    if (limit <= 0) return;
    // What the caller's command needed may be evicted now.
    this.#swapping.beginExchange();
    for (const session of this.#sessions.all()) {
      if (session.saved === undefined || session.saved.contextCount > limit || this.#leftAlone.has(session)) continue;
      return yield* this.#refreshHeld(session);
    }
    for (const session of this.#saved.all()) {
      if (session.current.contextCount === 0 || session.current.contextCount > limit || this.#leftAlone.has(session))
        continue;
      return yield* this.#refreshCallerSaved(session);
    }
  }

  *#refreshHeld(session: Session): Exchange<void> {
    const code = yield* this.#swapping.load([session]);
    if (code !== TPM_RESULT.SUCCESS) this.#leftAlone.add(session);
    else yield* this.#swapping.evictSession(session);
  }

  *#refreshCallerSaved(session: CallerSavedSession): Exchange<void> {
    const key = linkedKey(session);
    if (key !== undefined && (yield* this.#swapping.load([key])) !== TPM_RESULT.SUCCESS) {
      this.#leftAlone.add(session);
      return;
    }
    if ((yield* this.#swapping.makeRoomFor(session.kind)) !== TPM_RESULT.SUCCESS) return;
    const loaded = yield loadContext(session.current.blob, entityHandleOf(session.link));
    const handle = firstHandle(loaded);
    if (handle === undefined) {
      this.#leftAlone.add(session);
      return;
    }
    const current = savedForm(yield saveContext(handle, resourceTypeOf(session.kind)));
    if (current === undefined) {
      this.#saved.remove(session);
      yield flushSpecific(handle, resourceTypeOf(session.kind));
    } else {
      session.current = current;
      this.#swapping.savedRoom.noteSaved(current.contextCount);
    }
    this.#changed();
  }
}
