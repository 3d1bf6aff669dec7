/**
 * Warns once when the TPM nears its own limit of failed tries, at three quarters of it. After the TPM has forgotten
 * enough of them, the next time is reported again.
 */
import type { ResponseClass } from '../../domain/lockout/response-classification.js';
import type { Events } from '../events/events.js';
import type { Log } from '../ports/logs.js';
import type { OwnerTpm } from './owner-tpm.js';

const NEAR = 0.75;

export class TpmLockoutWatch {
  #warned = false;
  #asking = false;
  readonly #tpm: OwnerTpm;
  readonly #events: Events;
  readonly #log: Log;

  constructor(tpm: OwnerTpm, events: Events, log: Log) {
    this.#tpm = tpm;
    this.#events = events;
    this.#log = log;
  }

  /** Queries the TPM in the background, between two commands. */
  commandEnded(outcome: ResponseClass): undefined {
    if (this.#asking || (outcome !== 'authorizationFailure' && outcome !== 'hardwareLockout')) return undefined;
    this.#asking = true;
    void this.#ask().finally(() => {
      this.#asking = false;
    });
    return undefined;
  }

  async #ask(): Promise<void> {
    try {
      const { lockedOut, failedTries, maxTries } = await this.#tpm.lockout();
      const near = lockedOut || (maxTries !== null && failedTries >= maxTries * NEAR);
      if (near && !this.#warned) {
        const state = lockedOut ? 'is locked out' : 'nears its own lockout';
        this.#events.raise('warning', `The TPM ${state}: ${failedTries} of ${maxTries} failed tries.`, {
          details: { failedTries, maxTries, lockedOut, action: 'Unblock-Tpm resets it.' },
        });
      }
      this.#warned = near;
    } catch (error) {
      this.#log.warn({ error }, 'cannot read the TPM’s dictionary-attack state');
    }
  }
}
