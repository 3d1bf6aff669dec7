/**
 * Answers that cost the TPM or the processor, given again while they are recent: whoever asks again and again costs no
 * more than one who asks once in a while. At any time each question is asked once at most.
 */
import { type Caller, isAdministrator } from '../../domain/caller.js';
import type { Clock } from '../ports.js';

interface Answer {
  readonly value: Promise<unknown>;
  /** Undefined while it is being found out. */
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

  /** Administrators are answered from what is so now; others from what was so not long ago. */
  for<Result>(caller: Caller, question: string, ask: () => Promise<Result>): Promise<Result> {
    return isAdministrator(caller) ? ask() : this.get(question, ask);
  }

  /** `question` is one of a few names. A failure is not given again. */
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
