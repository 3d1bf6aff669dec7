/**
 * Who may hold how many of the TPM's active sessions (64 on most), loaded and saved together.
 *
 * A user may hold at most as many as are still free. One user alone gets half of them, two greedy ones a third each, and
 * something is always left for the next. What nobody waits for any more (saved by a connection that is gone) is given
 * back first, oldest first, and never more than a bound of it is kept per user.
 */
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_RC } from '../../tpm20/codes.js';
import type { Session, Sessions } from './sessions.js';

export class SessionShares {
  constructor(
    private readonly sessions: Sessions,
    private readonly activeSessionsMax: number,
    private readonly abandonedPerUser: number,
  ) {}

  heldBy(userKey: string): number {
    let held = 0;
    for (const session of this.sessions.all()) if (session.userKey === userKey) held++;
    return held;
  }

  /** How many more this user may start now. */
  availableTo(userKey: string): number {
    const free = this.activeSessionsMax - this.sessions.size;
    // Each one started is one more held and one less free.
    return Math.max(0, Math.ceil((free - this.heldBy(userKey)) / 2));
  }

  /** Gives back the user's own abandoned sessions until another may start; false when the share is used up. */
  *admit(userKey: string): Exchange<boolean> {
    while (this.availableTo(userKey) === 0) {
      const oldest = this.#oldestAbandoned(userKey);
      if (!oldest || (yield* this.sessions.flush(oldest)) === TPM_RC.INITIALIZE) return false;
    }
    return true;
  }

  /** The TPM has no session handle left: takes an abandoned session from the user who has most of them. */
  *reclaimOne(): Exchange<boolean> {
    const counts = new Map<string, number>();
    for (const session of this.sessions.all()) {
      if (isAbandoned(session)) counts.set(session.userKey, (counts.get(session.userKey) ?? 0) + 1);
    }
    let most: string | undefined;
    for (const [userKey, count] of counts) if (!most || count > (counts.get(most) ?? 0)) most = userKey;
    const oldest = most === undefined ? undefined : this.#oldestAbandoned(most);
    return oldest !== undefined && (yield* this.sessions.flush(oldest)) !== TPM_RC.INITIALIZE;
  }

  /** Reclaims the oldest of the user's abandoned sessions beyond the bound. */
  *boundAbandoned(userKey: string): Exchange<void> {
    let count = 0;
    for (const session of this.sessions.all()) if (session.userKey === userKey && isAbandoned(session)) count++;
    for (; count > this.abandonedPerUser; count--) {
      const oldest = this.#oldestAbandoned(userKey);
      if (!oldest) return;
      yield* this.sessions.flush(oldest);
    }
  }

  #oldestAbandoned(userKey: string): Session | undefined {
    let oldest: Session | undefined;
    for (const session of this.sessions.all()) {
      if (session.userKey !== userKey || !isAbandoned(session)) continue;
      if (!oldest || session.callerSaveOrder < oldest.callerSaveOrder) oldest = session;
    }
    return oldest;
  }
}

function isAbandoned(session: Session): boolean {
  return session.callerBlob !== undefined && session.savedBy === undefined;
}
