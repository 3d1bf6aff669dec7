/**
 * Decides how long to wait for a response in place instead of through a turn of the event loop, which takes longer than
 * a short command itself. It learns from the durations of earlier commands with the same code. It does not wait for
 * long commands, so that other callers are never held up for more than MAX_WAIT_MICROSECONDS.
 */
import { availableParallelism } from 'node:os';
import { commandCodeOf, HEADER_BYTES } from '../../domain/tpm/command-header.js';

const MAX_WAIT_MICROSECONDS = 250;
/** No command is worth busy-waiting any longer. */
const MAX_SPIN_MICROSECONDS = 75;
/**
 * Number of commands that do not spin after a futile spin: the machine is busy, and the TPM may need this processor.
 */
const COMMANDS_WITHOUT_SPIN = 64;
/** Commands that take longer on average are left to the event loop, since most waits would be futile. */
const SHORT_MICROSECONDS = 125;
/**
 * One in so many commands that are left to the event loop is waited for after all. Otherwise a command that was slow while
 * the machine was busy would stay with the event loop for as long as that has much to do: the durations then include its
 * other work, and a TPM that is a process gets no processor from the broker.
 */
const TRIED_ONE_IN = 8;
/** How far a duration may exceed the average and still be waited for. */
const MARGIN_MICROSECONDS = 50;
/** A quick response shows what the command costs; a slow one mostly shows that the machine was busy. */
const WEIGHT_OF_QUICKER = 0.5;
const WEIGHT_OF_SLOWER = 0.05;
/** A longer duration says more about a stalled machine than about the command. */
const LONGEST_LEARNED_MICROSECONDS = 1_000;
/** Callers choose the codes, so the number of remembered codes is limited. */
const MAX_CODES = 1_024;

interface Learned {
  averageMicroseconds: number;
  /** The number of such commands that were left to the event loop. */
  left: number;
}

export class WaitInPlace {
  readonly #learned = new Map<number, Learned>();
  #code = 0;
  #beganMs = 0;
  /** The time to wait for the command that began last. */
  waitMicroseconds = 0;
  #isTrial = false;
  #spinMicroseconds = 0;
  #commandsWithoutSpin = 0;
  readonly #now: () => number;
  readonly #processors: number;

  constructor(now: () => number = () => performance.now(), processors: number = availableParallelism()) {
    this.#now = now;
    this.#processors = processors;
  }

  begin(command: Uint8Array): void {
    this.#code = command.length >= HEADER_BYTES ? commandCodeOf(command) : 0;
    this.#beganMs = this.#now();
    this.#isTrial = false;
    this.waitMicroseconds = this.#waitFor(this.#learned.get(this.#code));
  }

  #waitFor(learned: Learned | undefined): number {
    if (learned === undefined) return 0;
    if (learned.averageMicroseconds <= SHORT_MICROSECONDS) {
      return Math.min(MAX_WAIT_MICROSECONDS, 2 * learned.averageMicroseconds + MARGIN_MICROSECONDS);
    }
    learned.left++;
    this.#isTrial = learned.left % TRIED_ONE_IN === 0;
    return this.#isTrial ? MAX_WAIT_MICROSECONDS : 0;
  }

  /**
   * Returns how much of the coming wait to spend spinning: none if there is only one processor, if spinning was
   * recently futile, if the wait is a trial, or if others wait, since serving them is a better use of the processor.
   */
  spin(othersWait: boolean): number {
    const may = this.#processors > 1 && !othersWait && !this.#isTrial && this.#commandsWithoutSpin === 0;
    this.#spinMicroseconds = may ? Math.min(this.waitMicroseconds, MAX_SPIN_MICROSECONDS) : 0;
    return this.#spinMicroseconds;
  }

  /** Records that the response has arrived. */
  end(): void {
    const took = Math.min(LONGEST_LEARNED_MICROSECONDS, (this.#now() - this.#beganMs) * 1000);
    this.#judgeSpin(took);
    const learned = this.#learned.get(this.#code);
    if (learned === undefined) {
      if (this.#learned.size < MAX_CODES) this.#learned.set(this.#code, { averageMicroseconds: took, left: 0 });
      return;
    }
    const difference = took - learned.averageMicroseconds;
    learned.averageMicroseconds += difference * this.#weightOf(took, difference);
  }

  #weightOf(tookMicroseconds: number, difference: number): number {
    if (difference >= 0) return WEIGHT_OF_SLOWER;
    // The durations before the trial were those of the event loop.
    return this.#isTrial && tookMicroseconds <= MAX_WAIT_MICROSECONDS ? 1 : WEIGHT_OF_QUICKER;
  }

  #judgeSpin(tookMicroseconds: number): void {
    if (this.#commandsWithoutSpin > 0) this.#commandsWithoutSpin--;
    else if (this.#spinMicroseconds > 0 && tookMicroseconds > this.#spinMicroseconds + MARGIN_MICROSECONDS) {
      this.#commandsWithoutSpin = COMMANDS_WITHOUT_SPIN;
    }
    this.#spinMicroseconds = 0;
  }
}
