/**
 * Turns each traced submission into OpenTelemetry spans: one for the submission, and below it one for its time in the
 * queue and one for each command that the broker sent to the TPM for it, those that swap included.
 */
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import type { CommandTrace, CommandTracer } from '../../application/ports/command-tracer.js';
import type { Clock } from '../../application/ports/operating-system.js';
import type { Caller } from '../../domain/caller.js';
import { commandName } from '../../domain/tpm/command-names.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import type { TraceQuota } from './trace-quota.js';

export interface CommandSpansParts {
  readonly version: TpmVersion;
  readonly tracer: Tracer;
  readonly quota: TraceQuota;
  readonly clock: Clock;
}

export class CommandSpans implements CommandTracer {
  readonly #parts: CommandSpansParts;

  constructor(parts: CommandSpansParts) {
    this.#parts = parts;
  }

  wants({ userKey }: Caller): boolean {
    return this.#parts.quota.take(userKey);
  }

  ended(ended: CommandTrace): void {
    const { tracer, clock } = this.#parts;
    const sinceEpochMs = clock.wallClockMs() - clock.monotonicMs();
    const { caller, refusal } = ended;
    const submission = tracer.startSpan(
      this.#nameOf(ended.code),
      {
        kind: SpanKind.SERVER,
        startTime: ended.submittedAtMs + sinceEpochMs,
        attributes: {
          'tbs.command.code': ended.code,
          'tbs.caller.class': caller.callerClass,
          'user.id': caller.userKey,
          'tbs.context.id': ended.contextId,
          'tbs.priority': ended.priority,
          'tbs.result': ended.result,
          ...(refusal === undefined ? {} : { 'error.type': refusal.symbol }),
        },
      },
      ROOT_CONTEXT,
    );
    if (refusal !== undefined) submission.setStatus({ code: SpanStatusCode.ERROR, message: refusal.message });
    const below = trace.setSpan(ROOT_CONTEXT, submission);
    if (ended.dispatchedAtMs !== undefined) {
      tracer
        .startSpan('queue', { startTime: ended.submittedAtMs + sinceEpochMs }, below)
        .end(ended.dispatchedAtMs + sinceEpochMs);
    }
    for (const { code, startedAtMs, durationMs } of ended.roundTrips) {
      const startTime = startedAtMs + sinceEpochMs;
      const attributes = { 'tbs.command.code': code, 'tbs.purpose': code === ended.code ? 'command' : 'swap' };
      tracer
        .startSpan(this.#nameOf(code), { kind: SpanKind.CLIENT, startTime, attributes }, below)
        .end(startTime + durationMs);
    }
    submission.end(ended.endedAtMs + sinceEpochMs);
  }

  /** One name for all codes that the specification does not name, since collectors group by name. */
  #nameOf(code: number): string {
    return commandName(this.#parts.version, code) ?? 'other';
  }
}
