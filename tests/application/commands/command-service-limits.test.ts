import assert from 'node:assert/strict';
import type { SubmissionOutcome } from '../../../ts-core/application/commands/caller-connection.js';
import type { Caller } from '../../../ts-core/domain/caller.js';
import { ALICE, BOB, ROOT } from '../../support/callers.js';
import { endsOf, errorIn, SUCCESS, settled, commandServiceRig as setUp } from '../../support/command-service-rig.js';

describe('the locality of a submission', () => {
  const localitiesOf = (caller: Caller, maxLocality: number) => {
    const { connect, transport } = setUp({ limits: { maxQueuedPerContext: 99, maxQueuedPerUser: 99, maxQueued: 99 } });
    Object.assign(transport, { maxLocality });
    const { open, submit } = connect(caller);
    const contextId = open();
    return [-1, 0, 0.5, 1, 2, 3, 4].filter((locality) => submit(contextId, { locality }).length === 0);
  };

  it('is 0 for everybody except administrators', () => {
    assert.deepEqual(localitiesOf(ALICE, 4), [0]);
  });

  it('is 0 to 3 for administrators, as far as the transport supports it', () => {
    assert.deepEqual(localitiesOf(ROOT, 4), [0, 1, 2, 3]);
    assert.deepEqual(localitiesOf(ROOT, 1), [0, 1]);
  });

  it('is named in the refusal if it is not available', () => {
    const { connect } = setUp();
    const [alice, root] = [connect(ALICE), connect(ROOT)];
    const ofAlice = errorIn(alice.submit(alice.open(), { locality: 1 }));
    assert.equal(ofAlice.symbol, 'TBS_E_BAD_PARAMETER');
    assert.match(ofAlice.message, /may use 0 only/);
    assert.deepEqual(ofAlice.details, { parameter: 'locality', locality: 1, highest: 0 });
    assert.match(errorIn(root.submit(root.open(), { locality: 4 })).message, /may use 0 to 3/);
  });
});

describe('the limits of queued submissions', () => {
  /** Returns how many submissions are queued before the refusal that names the limit. */
  const untilRefused = (submit: () => SubmissionOutcome[]): [number, unknown, string] => {
    for (let count = 0; ; count++) {
      const answers = submit();
      if (answers.length > 0) return [count, errorIn(answers).details['setting'], errorIn(answers).symbol];
    }
  };

  it('apply to each context, including its running command', () => {
    const { connect, dispatcher } = setUp();
    const { open, submit } = connect();
    const contextId = open();
    assert.deepEqual(
      untilRefused(() => submit(contextId)),
      [4, 'limits.queuedSubmissionsPerContext', 'TBS_E_TOO_MANY_RESOURCES'],
    );
    assert.equal(dispatcher.inFlight, true);
  });

  it('apply to each user over all contexts and connections', () => {
    const { connect } = setUp();
    const [first, second] = [connect(), connect()];
    const [here, there] = [first.open(), second.open()];
    for (let count = 0; count < 3; count++) assert.deepEqual(first.submit(here), []);
    assert.deepEqual(untilRefused(() => second.submit(there)).slice(0, 2), [3, 'limits.queuedSubmissionsPerUser']);
  });

  it('apply to all users together, with one place in sixteen reserved for administrators', () => {
    const { connect } = setUp({ limits: { maxQueuedPerContext: 99, maxQueuedPerUser: 99, maxQueued: 32 } });
    const [alice, bob, root] = [connect(ALICE), connect(BOB), connect(ROOT)];
    const ofAlice = alice.open();
    for (let count = 0; count < 10; count++) alice.submit(ofAlice);
    const [ofBob, ofRoot] = [bob.open(), root.open()];
    assert.deepEqual(untilRefused(() => bob.submit(ofBob)).slice(0, 2), [20, 'limits.queuedSubmissions']);
    assert.deepEqual(untilRefused(() => root.submit(ofRoot)).slice(0, 2), [2, 'limits.queuedSubmissions']);
  });

  it('have room again after responses', async () => {
    const { connect, transport } = setUp();
    const { open, submit } = connect();
    const contextId = open();
    for (let count = 0; count < 4; count++) submit(contextId);
    assert.equal(submit(contextId).length, 1);
    (await transport.transmission(0)).answer(SUCCESS);
    await settled();
    assert.deepEqual(submit(contextId), []);
  });
});

describe('the deadline of a submission', () => {
  it('cancels it while it is queued, and has no effect once it is at the TPM', async () => {
    const { connect, transport, clock } = setUp();
    const { open, submit } = connect();
    const contextId = open();
    const running = submit(contextId, { deadlineMs: 50 });
    const waiting = submit(contextId, { deadlineMs: 50 });
    const patient = submit(contextId);
    await transport.transmission(0);
    assert.equal(clock.pendingTimers(), 1, 'the one at the TPM has no deadline any more');
    clock.advance(49);
    assert.deepEqual(waiting, []);
    clock.advance(1);
    assert.deepEqual([running, waiting, patient].map(endsOf), [[], ['TBS_E_COMMAND_CANCELED'], []]);
    assert.equal(transport.cancels, 0);
  });
});
