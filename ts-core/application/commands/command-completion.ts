/** Completes a command: answers its caller exactly once, and only after its effects are on disk. */
import { asTbsError, TbsError } from '../../domain/tbs-error.js';
import { responseCodeOf } from '../../domain/tpm/command-header.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import { TPM_RESULT } from '../../domain/tpm12/codes.js';
import { TPM_RC } from '../../domain/tpm20/codes.js';
import type { Log } from '../ports/logs.js';
import type { PendingCommand } from './pending-command.js';

export interface ResponseTimes {
  /** Monotonic. */
  readonly startedAtMs: number;
  readonly durationMs: number;
}

export class CommandCompletion {
  readonly totals = { completed: 0, refused: 0, cancelled: 0 };
  /** One response that has not been sent yet. */
  #held: PendingCommand | undefined;
  #heldResponse: Uint8Array | undefined;
  #heldTimes: ResponseTimes | undefined;
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  cancelled(pending: PendingCommand): void {
    if (pending.state === 'answered') return;
    this.release();
    pending.deadline?.cancel();
    pending.state = 'answered';
    this.totals.cancelled++;
    pending.done({ kind: 'refused', error: new TbsError('TBS_E_COMMAND_CANCELED') });
  }

  refused(pending: PendingCommand, error: TbsError): void {
    this.release();
    pending.state = 'answered';
    this.totals.refused++;
    pending.done({ kind: 'refused', error });
  }

  failed(pending: PendingCommand, error: unknown): void {
    if (pending.state === 'answered') return;
    this.#log.error({ error, code: pending.header.code }, 'a command failed');
    this.refused(pending, asTbsError(error));
  }

  /**
   * Holds a response until `release`, or until another command is completed. A response that is sent after the TPM has
   * the next command costs the TPM no time. Nothing may be awaited in between.
   */
  hold(pending: PendingCommand, response: Uint8Array, times: ResponseTimes): void {
    this.release();
    this.#held = pending;
    this.#heldResponse = response;
    this.#heldTimes = times;
  }

  /** Sends the held response, if there is one. */
  release(): void {
    const held = this.#held;
    const heldResponse = this.#heldResponse;
    const heldTimes = this.#heldTimes;
    if (held === undefined) return;
    // Drop the response as well: unsealed data must not stay in memory until the next command.
    this.#held = this.#heldResponse = this.#heldTimes = undefined;
    this.response(held, heldResponse as Uint8Array, heldTimes as ResponseTimes, undefined);
  }

  /** Sends a response, once `durable` has resolved. The next command need not wait for that. */
  response(
    pending: PendingCommand,
    response: Uint8Array,
    { startedAtMs, durationMs }: ResponseTimes,
    durable: Promise<void> | undefined,
  ): void {
    this.release();
    const outcome = {
      kind: 'response' as const,
      response,
      appliedPriority: pending.priority,
      waitMs: startedAtMs - pending.submittedAtMs,
      durationMs,
    };
    this.totals.completed++;
    pending.state = 'answered';
    if (durable === undefined) {
      pending.done(outcome);
      return;
    }
    durable.then(
      () => pending.done(outcome),
      (error: unknown) => {
        this.#log.error({ error }, 'cannot store an authorization failure, so its response is withheld');
        pending.done({ kind: 'refused', error: asTbsError(error) });
      },
    );
  }
}

/**
 * Returns whether this is the response to a cancelled command: TPM_RC_CANCELED (Part 2, 6.6.3), or on TPM 1.2 TPM_FAIL
 * after a cancel (PC Client TIS).
 */
export function isCancelledResponse(version: TpmVersion, response: Uint8Array): boolean {
  return responseCodeOf(response) === (version === '2.0' ? TPM_RC.CANCELED : TPM_RESULT.FAIL);
}
