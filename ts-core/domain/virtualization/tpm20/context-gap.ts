/**
 * Repairs the context gap: a TPM numbers the sessions that it saves, and rejects further saves (TPM_RC_CONTEXT_GAP)
 * once the oldest is too far behind its counter. The oldest is then loaded and saved again, which makes it the newest;
 * the TPM keeps one slot free for this. TPM 2.0 Library Part 1, 30.5 "Session Context Management". The blob that a
 * caller holds stays valid: the newest blob is loaded in its place.
 */
import { HEADER_BYTES } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_RC } from '../../tpm20/codes.js';
import { contextSave } from '../../tpm20/commands.js';
import { isSuccess, isTemporaryFailure } from '../../tpm20/responses.js';
import type { Session, Sessions } from './sessions.js';

export class ContextGap {
  readonly #sessions: Sessions;
  /** Loads a session without making room; returns 0, or the response code that prevented it. */
  readonly #load: (session: Session) => Exchange<number>;

  constructor(sessions: Sessions, load: (session: Session) => Exchange<number>) {
    this.#sessions = sessions;
    this.#load = load;
  }

  /** Makes the oldest saved session the newest; returns false if that is impossible now. */
  *repair(): Exchange<boolean> {
    const oldest = this.#sessions.oldestSaved();
    if (!oldest) return false;
    const code = yield* this.#load(oldest);
    if (isTemporaryFailure(code)) return false;
    if (code !== TPM_RC.SUCCESS) {
      this.#sessions.ended(oldest);
      return true;
    }
    const saved = yield contextSave(oldest.handle);
    if (isSuccess(saved)) this.#sessions.evicted(oldest, saved.slice(HEADER_BYTES));
    return true;
  }
}
