import assert from 'node:assert/strict';
import type { CommandTrace, CommandTracer } from '../../../ts-core/application/ports/command-tracer.js';
import type { Caller } from '../../../ts-core/domain/caller.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';
import { ALICE, BOB } from '../../support/callers.js';
import { endsOf, SUCCESS, settled, commandServiceRig as setUp } from '../../support/command-service-rig.js';

class Recorded implements CommandTracer {
  readonly ends: CommandTrace[] = [];
  readonly asked: Caller[] = [];
  constructor(readonly wanted: Caller = ALICE) {}
  wants(caller: Caller): boolean {
    this.asked.push(caller);
    return caller === this.wanted;
  }
  ended(trace: CommandTrace): void {
    this.ends.push(trace);
  }
}

describe('tracing of submissions', () => {
  it('reports when a command arrived, was sent to the TPM and was answered', async () => {
    const { connect, service, transport, clock, dispatcher } = setUp();
    const tracer = new Recorded();
    service.traces.recordFor(tracer);
    const { open, submit } = connect();
    await dispatcher.pause();
    submit(open());
    const submittedAtMs = clock.monotonicMs();
    clock.advance(7);
    const dispatchedAtMs = clock.monotonicMs();
    dispatcher.resume();
    const sent = await transport.transmission(0);
    clock.advance(4);
    sent.answer(SUCCESS);
    await settled();
    const [trace, ...others] = tracer.ends;
    assert.deepEqual(others, []);
    assert.deepEqual(trace, {
      ...{ code: TPM_CC.GetRandom, caller: ALICE, contextId: 1, priority: 200, result: 'tpmError', refusal: undefined },
      ...{ submittedAtMs, dispatchedAtMs, endedAtMs: dispatchedAtMs + 4 },
      roundTrips: [{ code: TPM_CC.GetRandom, startedAtMs: dispatchedAtMs, durationMs: 4 }],
    });
  });

  it('reports a refusal with its reason, and that nothing was sent to the TPM', () => {
    const refusal = new TbsError('TPM_E_COMMAND_BLOCKED');
    const { connect, service } = setUp({ gate: { refusalAtSubmission: () => refusal } });
    const tracer = new Recorded();
    service.traces.recordFor(tracer);
    const { open, submit } = connect();
    submit(open());
    const [trace] = tracer.ends;
    assert.equal(trace?.result, 'blocked');
    assert.deepEqual(trace?.refusal, { symbol: 'TPM_E_COMMAND_BLOCKED', message: refusal.message });
    assert.deepEqual([trace?.dispatchedAtMs, trace?.roundTrips], [undefined, []]);
  });

  it('asks the tracer once for each submission, and records nothing for one that it does not want', async () => {
    const { connect, service, transport } = setUp();
    const tracer = new Recorded(BOB);
    service.traces.recordFor(tracer);
    const { open, submit } = connect();
    const context = open();
    const answers = submit(context);
    submit(context, { command: new Uint8Array(3) });
    (await transport.transmission(0)).answer(SUCCESS);
    await settled();
    assert.deepEqual(endsOf(answers), ['response']);
    assert.deepEqual(tracer.asked, [ALICE]);
    assert.deepEqual(tracer.ends, []);
  });

  it('ends with the tracer: commands that are still queued are not reported, but counted', async () => {
    const { connect, service, transport } = setUp();
    const tracer = new Recorded();
    const counted: (number | undefined)[] = [];
    service.traces.recordFor(tracer);
    service.follow(({ code }) => counted.push(code));
    const { open, submit } = connect();
    submit(open());
    service.traces.recordFor(undefined);
    (await transport.transmission(0)).answer(SUCCESS);
    await settled();
    assert.deepEqual(tracer.ends, []);
    assert.deepEqual(counted, [TPM_CC.GetRandom]);
  });
});
