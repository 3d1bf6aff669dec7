/**
 * Tracks whether the TPM answers, and raises an event when it is lost and when it returns. A lost TPM is polled, so
 * that the broker recovers by itself, before any caller sends a command.
 */
import { RetryDelay } from '../../domain/retry-delay.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { Events } from '../events/events.js';
import type { Log } from '../ports/logs.js';
import type { Clock } from '../ports/operating-system.js';
import type { TpmTransport } from '../ports/tpm-transport.js';

export interface PresenceParts {
  readonly transport: TpmTransport;
  readonly events: Events;
  readonly clock: Clock;
  readonly log: Log;
}

export interface LostTpm {
  readonly sinceMs: number;
  readonly message: string;
  readonly action: string;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 5_000;
/** Polling interval for transports that receive no notification when their TPM disappears. */
const LOOK_MS = 5_000;

export class TpmPresence {
  #lostTpm: LostTpm | undefined;
  #lostAtMs = 0;
  #question: (() => Promise<unknown>) | undefined;
  #cameBack: () => void = () => {};
  #asking: Promise<void> | undefined;
  readonly #retryDelay = new RetryDelay(FIRST_RETRY_MS, LONGEST_RETRY_MS);
  #timer: { cancel(): void } | undefined;
  #stopped = false;
  readonly #parts: PresenceParts;

  constructor(parts: PresenceParts) {
    this.#parts = parts;
  }

  /** Undefined while the TPM answers. */
  get lost(): LostTpm | undefined {
    return this.#lostTpm;
  }

  /**
   * Starts to watch. `ask` sends the TPM a command without side effects, and rejects if that fails. `cameBack` is called
   * when the TPM answers after it was lost or reset.
   */
  start(ask: () => Promise<unknown>, cameBack: () => void): void {
    this.#question = ask;
    this.#cameBack = cameBack;
    this.#parts.transport.onDisturbed = () => this.#askNow();
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#parts.transport.onDisturbed = undefined;
    await this.#asking;
  }

  /** Called for every response of the TPM. */
  answered(): void {
    if (this.#lostTpm !== undefined) this.#returned();
  }

  /** Called when a command got no response. Errors other than an unreachable TPM are ignored. */
  failed(error: unknown): void {
    if (this.#stopped || this.#lostTpm !== undefined || !isUnreachable(error)) return;
    const { transport, events, clock } = this.#parts;
    const { message, action } = error;
    this.#lostTpm = { sinceMs: clock.wallClockMs(), message, action };
    this.#lostAtMs = clock.monotonicMs();
    events.raise('tpmLost', `The TPM does not answer. ${message}`, {
      details: { transport: transport.description, action },
    });
    this.#retryDelay.reset();
    this.#schedule();
  }

  /** Called when the TPM has lost its volatile state. */
  wasReset(): void {
    const { transport, events } = this.#parts;
    events.raise('tpmReset', 'The TPM was reset: its loaded keys and sessions are gone.', {
      details: { transport: transport.description },
    });
    this.#cameBack();
  }

  #returned(): void {
    const { transport, events, clock } = this.#parts;
    const seconds = Math.round((clock.monotonicMs() - this.#lostAtMs) / 1000);
    this.#lostTpm = undefined;
    events.raise('tpmReturned', `The TPM answers again, after ${seconds} s.`, {
      details: { transport: transport.description, seconds },
    });
    this.#cameBack();
    this.#schedule();
  }

  #schedule(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#stopped || this.#question === undefined) return;
    const { clock, transport } = this.#parts;
    if (this.#lostTpm !== undefined) {
      this.#timer = clock.after(this.#retryDelay.next(), () => this.#askNow());
    } else if (transport.isGone !== undefined) {
      this.#timer = clock.after(LOOK_MS, () => void this.#look());
    }
  }

  async #look(): Promise<void> {
    const isGone = await this.#parts.transport.isGone?.().catch(() => true);
    if (this.#stopped || this.#lostTpm !== undefined) return;
    if (isGone === true) this.#askNow();
    else this.#schedule();
  }

  /** Sends the command without side effects; the dispatcher then calls `answered` or `failed`. */
  #askNow(): void {
    if (this.#stopped || this.#asking !== undefined || this.#question === undefined) return;
    this.#timer?.cancel();
    this.#asking = this.#question()
      .catch((error: unknown) => this.#parts.log.debug({ error }, 'the TPM does not answer yet'))
      .then(() => {
        this.#asking = undefined;
        this.#schedule();
      });
  }
}

function isUnreachable(error: unknown): error is TbsError {
  return error instanceof TbsError && (error.symbol === 'TBS_E_IOERROR' || error.symbol === 'TBS_E_TPM_NOT_FOUND');
}
