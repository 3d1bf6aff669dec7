/** Lets one tracer record the submissions that it selects. Costs nothing while no tracer is set. */
import type { Caller } from '../../domain/caller.js';
import type { CommandTracer, RoundTrip } from '../ports/command-tracer.js';
import type { Clock } from '../ports/operating-system.js';
import type { SubmissionOutcome } from './caller-connection.js';
import { resultOf } from './command-meter.js';
import type { PendingCommand } from './pending-command.js';

export class CommandTraces {
  #tracer: CommandTracer | undefined;

  /** Replaces the tracer; undefined ends tracing. */
  recordFor(tracer: CommandTracer | undefined): void {
    this.#tracer = tracer;
  }

  /** Returns the list in which the round trips of a new submission are recorded; undefined if it is not traced. */
  begin(caller: Caller): RoundTrip[] | undefined {
    return this.#tracer?.wants(caller) === true ? [] : undefined;
  }

  end(pending: PendingCommand, outcome: SubmissionOutcome, clock: Pick<Clock, 'monotonicMs'>): void {
    const { roundTrips } = pending;
    if (roundTrips === undefined) return;
    const { header, caller, contextId, priority, submittedAtMs } = pending;
    const error = outcome.kind === 'refused' ? outcome.error : undefined;
    this.#tracer?.ended({
      ...{ code: header.code, caller, contextId, priority, submittedAtMs, roundTrips },
      endedAtMs: clock.monotonicMs(),
      result: resultOf(pending, outcome),
      refusal: error && { symbol: error.symbol, message: error.message },
      dispatchedAtMs: outcome.kind === 'response' ? submittedAtMs + outcome.waitMs : undefined,
    });
  }
}
