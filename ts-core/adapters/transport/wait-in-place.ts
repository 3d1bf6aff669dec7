/**
 * Decides how long to wait for a response in place instead of through a turn of the event loop, which takes longer than
 * a short command itself. It learns from the durations of earlier commands with the same code. It does not wait for
 * long commands, so that other callers are never held up for more than MAX_WAIT_MICROSECONDS.
 */
import { availableParallelism } from 'node:os';
import { readUint32 } from '../../domain/tpm/command-header.js';

const MAX_WAIT_MICROSECONDS = 250;
/** No command is worth busy-waiting any longer. */
const MAX_SPIN_MICROSECONDS = 75;
/**
 * Number of commands that do not spin after a futile spin: the machine is busy, and the TPM may need this processor.
 */
const COMMANDS_WITHOUT_SPIN = 64;
/** Commands that take longer on average are left to the event loop, since most waits would be futile. */
const SHORT_MICROSECONDS = 125;
/** How far a duration may exceed the average and still be waited for. */
const MARGIN_MICROSECONDS = 50;
/** A quick response shows what the command costs; a slow one mostly shows that the machine was busy. */
const WEIGHT_OF_QUICKER = 0.5;
const WEIGHT_OF_SLOWER = 0.05;
/** A longer duration says more about a stalled machine than about the command. */
const LONGEST_LEARNED_MICROSECONDS = 1_000;
/** Callers choose the codes, so the number of remembered codes is limited. */
const MAX_CODES = 1_024;

export class WaitInPlace {
  readonly #averages = new Map<number, number>();
  #code = 0;
  #beganMs = 0;
  /** The time to wait for the command that began last. */
  waitMicroseconds = 0;
  #spinMicroseconds = 0;
  #commandsWithoutSpin = 0;
  readonly #now: () => number;
  readonly #processors: number;

  constructor(now: () => number = () => performance.now(), processors: number = availableParallelism()) {
    this.#now = now;
    this.#processors = processors;
  }

  begin(command: Uint8Array): void {
    this.#code = command.length >= 10 ? readUint32(command, 6) : 0;
    this.#beganMs = this.#now();
    const average = this.#averages.get(this.#code);
    this.waitMicroseconds =
      average === undefined || average > SHORT_MICROSECONDS
        ? 0
        : Math.min(MAX_WAIT_MICROSECONDS, 2 * average + MARGIN_MICROSECONDS);
  }

  /**
   * Returns how much of the coming wait to spend spinning: none if there is only one processor, if spinning was
   * recently futile, or if others wait, since serving them is a better use of the processor.
   */
  spin(othersWait: boolean): number {
    const may = this.#processors > 1 && !othersWait && this.#commandsWithoutSpin === 0;
    this.#spinMicroseconds = may ? Math.min(this.waitMicroseconds, MAX_SPIN_MICROSECONDS) : 0;
    return this.#spinMicroseconds;
  }

  /** Records that the response has arrived. */
  end(): void {
    const took = Math.min(LONGEST_LEARNED_MICROSECONDS, (this.#now() - this.#beganMs) * 1000);
    this.#judgeSpin(took);
    const average = this.#averages.get(this.#code);
    if (average === undefined && this.#averages.size >= MAX_CODES) return;
    if (average === undefined) this.#averages.set(this.#code, took);
    else
      this.#averages.set(
        this.#code,
        average + (took - average) * (took < average ? WEIGHT_OF_QUICKER : WEIGHT_OF_SLOWER),
      );
  }

  #judgeSpin(tookMicroseconds: number): void {
    if (this.#commandsWithoutSpin > 0) this.#commandsWithoutSpin--;
    else if (this.#spinMicroseconds > 0 && tookMicroseconds > this.#spinMicroseconds + MARGIN_MICROSECONDS) {
      this.#commandsWithoutSpin = COMMANDS_WITHOUT_SPIN;
    }
    this.#spinMicroseconds = 0;
  }
}
