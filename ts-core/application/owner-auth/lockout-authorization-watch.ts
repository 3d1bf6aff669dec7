/** Records, across restarts of the broker, that the TPM accepts no lockout authorization, and until when. */
import {
  type BlockedSince,
  type LockoutAuthVerdict,
  lockoutAuthVerdict,
  remainingBlockMs,
} from '../../domain/lockout/lockout-authorization.js';
import { OneAtATime } from '../../domain/one-at-a-time.js';
import { commandCodeOf, HEADER_BYTES, readUint32 } from '../../domain/tpm/command-header.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import { TPM_CC, TPM_RH } from '../../domain/tpm20/codes.js';
import { readRunTime } from '../../domain/tpm20/run-time.js';
import type { Events } from '../events/events.js';
import type { Log } from '../ports/logs.js';
import type { Clock } from '../ports/operating-system.js';
import type { StateStore } from '../ports/state-store.js';
import type { BrokerContext } from './broker-context.js';

export interface LockoutAuthorizationWatchParts {
  readonly version: TpmVersion;
  readonly context: BrokerContext;
  readonly handlesOf: (command: Uint8Array) => readonly number[] | null;
  readonly store: StateStore;
  readonly events: Events;
  readonly clock: Clock;
  readonly log: Log;
}

export interface LockoutAuthBlock {
  readonly blocked: boolean;
  /** Wall clock; null while it is blocked until the TPM is reset, and while it is not blocked. */
  readonly untilMs: number | null;
}

const NOT_BLOCKED: LockoutAuthBlock = { blocked: false, untilMs: null };
export const LOCKOUT_AUTHORIZATION_RECORD = 'feature:lockoutAuthorization';

export class LockoutAuthorizationWatch {
  readonly #updates = new OneAtATime();
  #updatesInProgress = 0;
  readonly #parts: LockoutAuthorizationWatchParts;

  constructor(parts: LockoutAuthorizationWatchParts) {
    this.#parts = parts;
  }

  /**
   * Inspects the response to any command, including the broker's own. Returns immediately; the update runs in the
   * background.
   */
  answered(command: Uint8Array, response: Uint8Array): undefined {
    if (this.#parts.version !== '2.0') return undefined;
    const code = commandCodeOf(command);
    if (code !== TPM_CC.Clear && !startsWithLockoutHandle(command)) return undefined;
    const handleCount = this.#parts.handlesOf(command)?.length ?? 0;
    const verdict = lockoutAuthVerdict(code, command, handleCount, response);
    if (verdict === undefined || (verdict === 'accepted' && this.#isKnownToBeFree())) return undefined;
    this.#updatesInProgress++;
    void this.#updates
      .run(() => this.#update(verdict))
      .finally(() => {
        this.#updatesInProgress--;
      });
    return undefined;
  }

  /** Returns whether there is no block. An update in progress may be about to store one. */
  #isKnownToBeFree(): boolean {
    return this.#updatesInProgress === 0 && this.#since() === undefined;
  }

  /** Returns the block in force, if any; asks the TPM for its time only if there may be one. */
  async block(recoverySeconds: number | null): Promise<LockoutAuthBlock> {
    await this.#updates.settled();
    const since = this.#since();
    if (since === undefined) return NOT_BLOCKED;
    const now = await this.#parts.context.run(() => readRunTime());
    if (now === undefined) return { blocked: true, untilMs: null };
    const remainingMs = remainingBlockMs(since, now, recoverySeconds ?? 0);
    if (remainingMs === 0) return NOT_BLOCKED;
    return { blocked: true, untilMs: remainingMs === null ? null : this.#parts.clock.wallClockMs() + remainingMs };
  }

  /** Resolves when everything seen so far is stored. Never rejects. */
  settled(): Promise<void> {
    return this.#updates.settled();
  }

  /** Records or removes the block, as the TPM has answered. Never rejects. */
  async #update(verdict: LockoutAuthVerdict): Promise<void> {
    const { store, context, events, log } = this.#parts;
    try {
      if (verdict === 'accepted') {
        await store.delete(LOCKOUT_AUTHORIZATION_RECORD);
        return;
      }
      if (verdict === 'rejected') {
        events.raise(
          'warning',
          'The TPM rejected a lockout authorization, and accepts none, right or wrong, until its recovery time is over.',
          { details: { action: 'Get-Tpm shows until when. Other authorizations are not affected.' } },
        );
      }
      // If the TPM did not compare the value, the block began at an unknown time; it ends at most one recovery time
      // from now.
      if (verdict === 'rejected' || this.#since() === undefined) {
        const now = await context.run(() => readRunTime());
        if (now !== undefined)
          await store.put(LOCKOUT_AUTHORIZATION_RECORD, { timeMs: now.timeMs, resetCount: now.resetCount });
      }
    } catch (error) {
      log.warn({ error }, 'cannot store the state of the lockout authorization');
    }
  }

  #since(): BlockedSince | undefined {
    const kept = this.#parts.store.get(LOCKOUT_AUTHORIZATION_RECORD);
    return isBlockedSince(kept) ? kept : undefined;
  }
}

/** Excludes all other commands by a cheap check. */
function startsWithLockoutHandle(command: Uint8Array): boolean {
  return command.length >= HEADER_BYTES + 4 && readUint32(command, HEADER_BYTES) === TPM_RH.LOCKOUT;
}

function isBlockedSince(value: unknown): value is BlockedSince {
  if (typeof value !== 'object' || value === null || !('timeMs' in value) || !('resetCount' in value)) return false;
  return typeof value.timeMs === 'number' && typeof value.resetCount === 'number';
}
