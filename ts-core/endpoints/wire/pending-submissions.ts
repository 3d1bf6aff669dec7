/**
 * Reuses the `done` callbacks of submissions, so that a command needs no new closure.
 */
import type { SubmissionOutcome } from '../../application/commands/caller-connection.js';

export interface PendingSubmission {
  requestId: number;
  readonly done: (outcome: SubmissionOutcome) => void;
}

export class PendingSubmissions {
  readonly #idle: PendingSubmission[] = [];
  readonly #finish: (requestId: number, outcome: SubmissionOutcome) => void;

  /** `finish` receives the request id for which the callback was taken. */
  constructor(finish: (requestId: number, outcome: SubmissionOutcome) => void) {
    this.#finish = finish;
  }

  /** Returns a callback for one submission; after its call it becomes idle again. */
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
