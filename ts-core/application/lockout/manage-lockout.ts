/** Shows and resets the lockout (Get-TbsLockout, Reset-TbsLockout). */
import { type Caller, mayReadOthers } from '../../domain/caller.js';
import type { LockoutSummary } from '../../domain/lockout/lockout-summary.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { Events } from '../events/events.js';
import type { UserNames } from '../ports/operating-system.js';
import type { LockoutService } from './lockout-service.js';

export class ManageLockout {
  readonly #book: LockoutService;
  readonly #events: Events;
  readonly #names: UserNames;

  constructor(book: LockoutService, events: Events, names: UserNames) {
    this.#book = book;
    this.#events = events;
    this.#names = names;
  }

  /**
   * Returns the state of the lockout. A caller that is neither administrator nor observer sees only its own failures
   * and the totals.
   */
  get(caller: Caller): LockoutSummary {
    const summary = this.#book.summary();
    if (mayReadOthers(caller)) return summary;
    return { ...summary, users: summary.users.filter(({ userKey }) => userKey === caller.userKey) };
  }

  /** Forgets the failures of one user (name, number or key), or of all. */
  async reset(caller: Caller, user: string | undefined): Promise<LockoutSummary> {
    const userKey = user === undefined ? undefined : this.#names.keyOf(user);
    if (user !== undefined && userKey === undefined) {
      throw new TbsError('TBS_E_BAD_PARAMETER', {
        message: `There is no user ${JSON.stringify(user)}.`,
        details: { parameter: 'user' },
      });
    }
    const forgotten = await this.#book.reset(userKey);
    this.#events.raise('administration', `An administrator reset the lockout: removed ${forgotten} failures.`, {
      caller,
      details: { user: userKey ?? 'all', forgotten },
    });
    return this.get(caller);
  }
}
