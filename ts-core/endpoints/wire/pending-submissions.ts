/**
 * The `done` callbacks of submissions under way, reused, so that a command costs no new closure.
 */
import type { SubmissionOutcome } from '../../application/commands/caller-connection.js';

export interface PendingSubmission {
  requestId: number;
  readonly done: (outcome: SubmissionOutcome) => void;
}

export class PendingSubmissions {
  readonly #idle: PendingSubmission[] = [];
  readonly #finish: (requestId: number, outcome: SubmissionOutcome) => void;

  /** `finish` is called with the request id that the callback was taken for. */
  constructor(finish: (requestId: number, outcome: SubmissionOutcome) => void) {
    this.#finish = finish;
  }

  /** A callback for one submission; it returns to the idle ones when it has been called. */
  take(requestId: number): PendingSubmission {
    const pending = this.#idle.pop() ?? this.#create();
    pending.requestId = requestId;
    return pending;
  }

  #create(): PendingSubmission {
    const pending: PendingSubmission = {
      requestId: 0,
      done: (outcome) => {
        const { requestId } = pending;
        this.#idle.push(pending);
        this.#finish(requestId, outcome);
      },
    };
    return pending;
  }
}
