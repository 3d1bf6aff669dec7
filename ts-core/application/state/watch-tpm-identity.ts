/**
 * Detects that the TPM was replaced while the broker runs: after a driver was bound again, a software TPM was started
 * with other state, or the machine was suspended. The broker's tables and secrets belong to the TPM that it started
 * with, so it must end; its next start sets the state of the earlier TPM aside (`adoptTpm`).
 */
import { TbsError } from '../../domain/tbs-error.js';
import { compareIdentities, identityName, type TpmIdentity } from '../../domain/tpm/tpm-identity.js';
import type { Events } from '../events/events.js';
import type { Log } from '../ports/logs.js';

export interface WatchIdentityParts {
  /** Reads the identity of the TPM that answers now. */
  readonly read: () => Promise<TpmIdentity>;
  /** Returns what is known of the TPM that the stored state belongs to. */
  readonly known: () => TpmIdentity | undefined;
  /** Called once, after another TPM was found. */
  readonly exchanged: (error: TbsError) => void;
  readonly events: Events;
  readonly log: Log;
}

export class WatchTpmIdentity {
  #reading = false;
  #cameBackMeanwhile = false;
  #wasExchanged = false;
  readonly #parts: WatchIdentityParts;

  constructor(parts: WatchIdentityParts) {
    this.#parts = parts;
  }

  /** Called when the TPM answers again after it was lost, reset or suspended. */
  cameBack(): void {
    if (this.#wasExchanged) return;
    this.#cameBackMeanwhile = true;
    if (!this.#reading) void this.#compare();
  }

  async #compare(): Promise<void> {
    const { read, log } = this.#parts;
    this.#reading = true;
    while (this.#cameBackMeanwhile && !this.#wasExchanged) {
      this.#cameBackMeanwhile = false;
      try {
        this.#judge(await read());
      } catch (error) {
        // The TPM was lost again; it is compared when it returns.
        log.debug({ error }, 'the TPM that came back cannot be compared with the one before');
      }
    }
    this.#reading = false;
  }

  #judge(found: TpmIdentity): void {
    const { known, exchanged, events, log } = this.#parts;
    const earlier = known();
    if (earlier === undefined || compareIdentities(earlier, found) !== 'other') return;
    this.#wasExchanged = true;
    const names = { earlier: identityName(earlier), found: identityName(found) };
    const message =
      `The TPM was exchanged while the broker ran: this one (${names.found}) is another one than before ` +
      `(${names.earlier}). The broker ends, and its next start sets the state of the earlier TPM aside.`;
    log.error(names, message);
    events.raise('warning', message, { details: names });
    exchanged(
      new TbsError('TBS_E_TPM_NOT_FOUND', { message, action: 'Start the broker again; systemd does so by itself.' }),
    );
  }
}
