import assert from 'node:assert/strict';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { CommandSpans } from '../../../ts-core/adapters/telemetry/command-spans.js';
import { TraceQuota } from '../../../ts-core/adapters/telemetry/trace-quota.js';
import type { CommandTrace } from '../../../ts-core/application/ports/command-tracer.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';
import { ALICE } from '../../support/callers.js';
import { FakeClock } from '../../support/fake-clock.js';

function setUp() {
  const clock = new FakeClock();
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const quota = new TraceQuota(clock, 4);
  const spans = new CommandSpans({ version: '2.0', tracer: provider.getTracer('test'), quota, clock });
  const now = clock.monotonicMs();
  /** A signature that waited 3 ms and loaded a key, 10 ms ago. */
  const sign: CommandTrace = {
    ...{ code: TPM_CC.Sign, caller: ALICE, contextId: 7, priority: 200, result: 'success', refusal: undefined },
    ...{ submittedAtMs: now - 10, dispatchedAtMs: now - 7, endedAtMs: now },
    roundTrips: [
      { code: TPM_CC.ContextLoad, startedAtMs: now - 7, durationMs: 2 },
      { code: TPM_CC.Sign, startedAtMs: now - 5, durationMs: 4 },
    ],
  };
  const finished = () => exporter.getFinishedSpans();
  const named = (name: string): ReadableSpan =>
    finished().find((span) => span.name === name) ?? assert.fail(`no span ${name}`);
  return { clock, spans, sign, finished, named };
}

const lengthMs = (span: ReadableSpan) => Math.round(hrTimeToMilliseconds(span.duration));

describe('the spans of a submission', () => {
  it('show its time in the queue and each command that the TPM got for it, under the submission', () => {
    const { clock, spans, sign, finished, named } = setUp();
    spans.ended(sign);
    assert.deepEqual(
      finished().map(({ name }) => name),
      ['queue', 'TPM2_ContextLoad', 'TPM2_Sign', 'TPM2_Sign'],
    );
    const submission = finished().at(-1) as ReadableSpan;
    assert.equal(submission.parentSpanContext, undefined);
    for (const span of finished().slice(0, -1)) {
      assert.equal(span.parentSpanContext?.spanId, submission.spanContext().spanId);
      assert.equal(span.spanContext().traceId, submission.spanContext().traceId);
    }
    assert.deepEqual([lengthMs(submission), lengthMs(named('queue')), lengthMs(named('TPM2_ContextLoad'))], [10, 3, 2]);
    assert.equal(Math.round(hrTimeToMilliseconds(submission.endTime)), clock.wallClockMs());
    assert.equal(named('TPM2_ContextLoad').attributes['tbs.purpose'], 'swap');
    assert.equal(named('TPM2_Sign').attributes['tbs.purpose'], 'command');
  });

  it('say who submitted what, and with which result', () => {
    const { spans, sign, finished } = setUp();
    spans.ended(sign);
    assert.deepEqual(finished().at(-1)?.attributes, {
      'tbs.command.code': TPM_CC.Sign,
      'tbs.caller.class': 'standardUser',
      'user.id': ALICE.userKey,
      'tbs.context.id': 7,
      'tbs.priority': 200,
      'tbs.result': 'success',
    });
  });

  it('say why a submission was refused, and have no time in a queue that it never entered', () => {
    const { spans, sign, finished } = setUp();
    const refusal = { symbol: 'TPM_E_COMMAND_BLOCKED', message: 'TPM2_Sign is blocked.' };
    spans.ended({ ...sign, result: 'blocked', refusal, dispatchedAtMs: undefined, roundTrips: [] });
    const [submission, ...others] = finished();
    assert.deepEqual(others, []);
    assert.deepEqual(submission?.status, { code: 2, message: 'TPM2_Sign is blocked.' });
    assert.equal(submission?.attributes['error.type'], 'TPM_E_COMMAND_BLOCKED');
  });

  it('share one name for codes that the specification does not name', () => {
    const { spans, sign, finished } = setUp();
    for (const code of [0x20001234, 0x7fffffff]) spans.ended({ ...sign, code, roundTrips: [] });
    assert.deepEqual(new Set(finished().map(({ name }) => name)), new Set(['queue', 'other']));
  });

  it('are wanted within the quota of the caller only', () => {
    const { clock, spans } = setUp();
    assert.deepEqual([spans.wants(ALICE), spans.wants(ALICE)], [true, false]);
    clock.advance(1000);
    assert.equal(spans.wants(ALICE), true);
  });
});
