/**
 * Caches answers that cost TPM or processor time, so that a caller who asks constantly costs no more than one who asks
 * now and then. Each question is asked at most once at any time.
 */
import { type Caller, isAdministrator } from '../../domain/caller.js';
import type { Clock } from '../ports/operating-system.js';

interface Answer {
  readonly value: Promise<unknown>;
  /** Undefined while the question is being asked. */
  answeredAtMs: number | undefined;
}

export class RecentAnswers {
  readonly #answers = new Map<string, Answer>();
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #maxAgeMs: number;

  constructor(clock: Pick<Clock, 'monotonicMs'>, maxAgeMs: number) {
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
  }

  /** Always asks again for an administrator; returns a recent answer to anybody else. */
  for<Result>(caller: Caller, question: string, ask: () => Promise<Result>): Promise<Result> {
    return isAdministrator(caller) ? ask() : this.get(question, ask);
  }

  /** Returns a recent answer, or asks. `question` must be one of a small set of names. Failures are not cached. */
  get<Result>(question: string, ask: () => Promise<Result>): Promise<Result> {
    const known = this.#answers.get(question);
    if (known !== undefined && this.#isRecent(known)) return known.value as Promise<Result>;
    const value = ask();
    const answer: Answer = { value, answeredAtMs: undefined };
    this.#answers.set(question, answer);
    value.then(
      () => {
        answer.answeredAtMs = this.#clock.monotonicMs();
      },
      () => {
        if (this.#answers.get(question) === answer) this.#answers.delete(question);
      },
    );
    return value;
  }

  #isRecent({ answeredAtMs }: Answer): boolean {
    return answeredAtMs === undefined || this.#clock.monotonicMs() - answeredAtMs < this.#maxAgeMs;
  }
}
