/**
 * Runs the failure ledger: counts authorization failures inside the window, makes them durable, and reports when a
 * lockout begins or ends.
 */
import { type Caller, isAdministrator } from '../../domain/caller.js';
import { FailureLedger, type LedgerTime } from '../../domain/lockout/failure-ledger.js';
import type { LockoutSummary } from '../../domain/lockout/lockout-summary.js';
import {
  type LockoutThresholds,
  type LockoutVerdict,
  lockedOutUntilText,
  thresholdsOf,
} from '../../domain/lockout/lockout-window.js';
import { OneAtATime } from '../../domain/one-at-a-time.js';
import type { PolicySettings } from '../../domain/policy/settings.js';
import type { Events } from '../events/events.js';
import type { Clock } from '../ports/operating-system.js';
import type { StateStore } from '../ports/state-store.js';

export interface LockoutParts {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly settings: () => PolicySettings;
  readonly events: Events;
}

export class LockoutService {
  readonly #ledger = new FailureLedger();
  readonly #locked = new Set<string>();
  /** Serialises writes, so that an older state never replaces a newer one. */
  readonly #writes = new OneAtATime();
  readonly #parts: LockoutParts;

  constructor(parts: LockoutParts) {
    this.#parts = parts;
  }

  /** Restores the stored ledger. Call it before the first command. */
  async restore(): Promise<void> {
    const kept = this.#parts.store.get('failureLedger');
    if (kept === undefined) return;
    if (this.#ledger.restore(kept, this.#now())) await this.#store();
  }

  verdictFor(userKey: string): LockoutVerdict {
    const verdict = this.#ledger.verdictFor(userKey, this.#now(), this.thresholds());
    if (verdict.open && this.#locked.delete(userKey)) {
      const message = `Authorized commands of ${userKey} are allowed again: failures have left the window or were reset.`;
      this.#parts.events.raise('lockoutEnded', message, { details: { user: userKey } });
    }
    return verdict;
  }

  /** Counts one authorization failure; resolves when it is durable. Administrators are not counted. */
  countFailure(caller: Caller, command: string): Promise<void> | undefined {
    const { events } = this.#parts;
    events.raise('authorizationFailed', 'The TPM rejected an authorization.', { caller, details: { command } });
    if (isAdministrator(caller)) return undefined;
    if (!this.#ledger.record(caller.userKey, this.#now(), this.thresholds())) return undefined;
    this.#reportLockout(caller);
    return this.#store();
  }

  /**
   * Forgets the failures of one user, or of all, once that is durable: a reset that cannot be stored lifts no lockout.
   * A failure that is counted in the meantime stays.
   */
  async reset(userKey: string | undefined): Promise<number> {
    let forgotten = 0;
    await this.#writes.run(async () => {
      const failures = this.#ledger.failuresOf(userKey);
      await this.#parts.store.put('failureLedger', this.#ledger.state(this.#now(), failures));
      this.#ledger.forget(failures);
      forgotten = failures.size;
    });
    for (const locked of [...this.#locked]) this.verdictFor(locked);
    return forgotten;
  }

  summary(): LockoutSummary {
    return this.#ledger.summary(this.#now(), this.thresholds());
  }

  thresholds(): LockoutThresholds {
    return thresholdsOf(this.#parts.settings());
  }

  #reportLockout(caller: Caller): void {
    const verdict = this.#ledger.verdictFor(caller.userKey, this.#now(), this.thresholds());
    if (verdict.open || this.#locked.has(caller.userKey)) return;
    this.#locked.add(caller.userKey);
    const until = lockedOutUntilText(verdict.lockedOutUntil);
    const whom = verdict.scope === 'user' ? 'this user' : 'all standard users';
    const end = until === null ? 'while a threshold is 0' : `until ${until}`;
    this.#parts.events.raise('lockoutBegan', `Authorized commands of ${whom} are refused ${end}.`, {
      caller,
      details: { scope: verdict.scope, failures: verdict.failures, threshold: verdict.threshold, until },
    });
  }

  #store(): Promise<void> {
    return this.#writes.run(() => this.#parts.store.put('failureLedger', this.#ledger.state(this.#now())));
  }

  #now(): LedgerTime {
    const { clock } = this.#parts;
    return { bootId: clock.bootId(), bootTimeMs: clock.bootTimeMs(), wallClockMs: clock.wallClockMs() };
  }
}
