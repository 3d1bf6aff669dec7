/**
 * How long to wait for a response in place, rather than by a turn of the event loop, which costs more than a short command
 * itself. Learned from how long the commands of each code took; long ones are not waited for, so that nobody else is
 * kept from being served for longer than MAX_WAIT_MICROSECONDS.
 */
import { availableParallelism } from 'node:os';
import { readUint32 } from '../../domain/tpm/command-header.js';

const MAX_WAIT_MICROSECONDS = 250;
/** To keep a processor busy for longer is worth no command. */
const MAX_SPIN_MICROSECONDS = 75;
/** After one spin in vain: the machine is busy, and the TPM may need this processor. */
const COMMANDS_WITHOUT_SPIN = 64;
/** Commands that take longer on average are left to the event loop: their wait would mostly be in vain. */
const SHORT_MICROSECONDS = 125;
/** What a duration may exceed the average by and still be waited for. */
const MARGIN_MICROSECONDS = 50;
/** A quick answer says what the command costs; a slow one mostly that the machine was busy. */
const WEIGHT_OF_QUICKER = 0.5;
const WEIGHT_OF_SLOWER = 0.05;
/** A stalled machine says little about a command. */
const LONGEST_LEARNED_MICROSECONDS = 1_000;
/** Codes are the caller's choice: no more than these are kept. */
const MAX_CODES = 1_024;

export class WaitInPlace {
  readonly #averages = new Map<number, number>();
  #code = 0;
  #beganMs = 0;
  /** For the command that began last. */
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
   * How much of the wait that begins now to keep a processor busy for. None where there is no second one, when it was in
   * vain lately, and when others wait, whose requests and answers are the better use of it.
   */
  spin(othersWait: boolean): number {
    const may = this.#processors > 1 && !othersWait && this.#commandsWithoutSpin === 0;
    this.#spinMicroseconds = may ? Math.min(this.waitMicroseconds, MAX_SPIN_MICROSECONDS) : 0;
    return this.#spinMicroseconds;
  }

  /** The response is there. */
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
