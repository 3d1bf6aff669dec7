import assert from 'node:assert/strict';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';
import { ALICE } from '../../support/callers.js';
import { CREATE_PRIMARY, SUCCESS, dispatcherRig as setUp } from '../../support/dispatcher-rig.js';
import { symbolOf } from '../../support/pending-command.js';

describe('running one command', () => {
  it('asks the gate only after every earlier response has been accounted for', async () => {
    const { transport, submit, refusals, accounted } = setUp();
    submit(1);
    const second = submit(2);
    const first = await transport.transmission(0);
    assert.deepEqual(accounted, []);
    // The first response decides about the second command, which is still waiting.
    refusals.set(2, new TbsError('TPM_20_E_LOCKOUT'));
    first.answer(SUCCESS);
    assert.equal(await symbolOf(second.outcome), 'TPM_20_E_LOCKOUT');
    assert.deepEqual(accounted, [1]);
    assert.equal(transport.sent.length, 1);
  });

  it('sends a command only once its prerequisites are durable, and not at all if they cannot be stored', async () => {
    const { transport, submit, preparations } = setUp();
    let becomeDurable: (() => void) | undefined;
    preparations.set(
      1,
      new Promise((resolve) => {
        becomeDurable = resolve;
      }),
    );
    const unkept = Promise.reject(new TbsError('TBS_E_INTERNAL_ERROR'));
    unkept.catch(() => undefined);
    preparations.set(2, unkept);
    const first = submit(1);
    const second = submit(2);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(transport.sent.length, 0);
    becomeDurable?.();
    (await transport.transmission(0)).answer(SUCCESS);
    assert.equal(await symbolOf(first.outcome), 'response');
    assert.equal(await symbolOf(second.outcome), 'TBS_E_INTERNAL_ERROR');
    assert.equal(transport.sent.length, 1);
  });

  it('holds a response back until its effects are durable, while the next command runs', async () => {
    const { transport, submit, makeDurableBy } = setUp();
    let becomeDurable: (() => void) | undefined;
    makeDurableBy(
      new Promise((resolve) => {
        becomeDurable = resolve;
      }),
    );
    const first = submit(1);
    submit(2);
    (await transport.transmission(0)).answer(SUCCESS);
    await transport.transmission(1);
    assert.equal(first.answers.length, 0);
    becomeDurable?.();
    assert.equal(await symbolOf(first.outcome), 'response');
  });

  it('withholds a response whose failure could not be stored', async () => {
    const { transport, submit, makeDurableBy } = setUp();
    makeDurableBy(Promise.reject(new Error('ENOSPC')));
    const only = submit(1);
    (await transport.transmission(0)).answer(SUCCESS);
    assert.equal(await symbolOf(only.outcome), 'TBS_E_INTERNAL_ERROR');
  });

  it('answers TBS_E_IOERROR when the transport fails, and goes on', async () => {
    const { transport, submit } = setUp();
    const lost = submit(1);
    (await transport.transmission(0)).fail(new TbsError('TBS_E_IOERROR'));
    assert.equal(await symbolOf(lost.outcome), 'TBS_E_IOERROR');
    const next = submit(1);
    (await transport.transmission(1)).answer(SUCCESS);
    assert.equal(await symbolOf(next.outcome), 'response');
  });

  it('gives commands the time of their class, and never more than the configuration does', async () => {
    for (const [code, longestCommandMs, expectedMs] of [
      [TPM_CC.GetRandom, undefined, 20_000],
      [CREATE_PRIMARY, undefined, 300_000],
      [CREATE_PRIMARY, 5_000, 5_000],
      [TPM_CC.GetRandom, 60_000, 20_000],
    ] as const) {
      const { transport, submit } = setUp('controlChannel', longestCommandMs);
      submit(1, 200, code);
      assert.equal((await transport.transmission(0)).options.timeoutMs, expectedMs);
    }
  });

  it('sends no command that the gate refuses, and ends its deadline', async () => {
    const { dispatcher, transport, submit, refusals, accounted } = setUp();
    refusals.set(1, new TbsError('TPM_20_E_LOCKOUT'));
    let timersCancelled = 0;
    const deadline = { cancel: () => void timersCancelled++ };
    const refused = submit(1, 200, TPM_CC.GetRandom, { deadline });
    assert.equal(await symbolOf(refused.outcome), 'TPM_20_E_LOCKOUT');
    await dispatcher.whenIdle();
    assert.deepEqual([transport.sent.length, accounted, timersCancelled], [0, [], 1]);
    assert.deepEqual(dispatcher.totals, { completed: 0, refused: 1, cancelled: 0 });
    assert.equal(refused.pending.state, 'answered');
  });

  it('charges each command’s time at the TPM to its user, failed ones too', async () => {
    const { transport, submit, queue, clock } = setUp();
    const charges: unknown[] = [];
    queue.charge = (userKey, durationMs, nowMs) => void charges.push([userKey, durationMs, nowMs]);
    const first = submit(1);
    const begun = await transport.transmission(0);
    clock.advance(30);
    begun.answer(SUCCESS);
    await first.outcome;
    const second = submit(1);
    const lost = await transport.transmission(1);
    clock.advance(12);
    lost.fail(new TbsError('TBS_E_IOERROR'));
    await second.outcome;
    assert.deepEqual(charges, [
      [ALICE.userKey, 30, 1_000_030],
      [ALICE.userKey, 12, 1_000_042],
    ]);
  });

  it('charges a command once whose response cannot be recorded, and withholds the response', async () => {
    const { transport, submit, queue, clock, accounted } = setUp();
    const charges: unknown[] = [];
    queue.charge = (userKey, durationMs) => void charges.push([userKey, durationMs]);
    accounted.push = () => {
      throw new Error('out of memory');
    };
    const submitted = submit(1);
    const atTpm = await transport.transmission(0);
    clock.advance(30);
    atTpm.answer(SUCCESS);
    assert.equal(await symbolOf(submitted.outcome), 'TBS_E_INTERNAL_ERROR');
    assert.deepEqual(charges, [[ALICE.userKey, 30]]);
  });

  it('sends a command with its own locality, and reports to its caller how long it waited and ran', async () => {
    const { dispatcher, transport, submit, clock } = setUp();
    await dispatcher.pause();
    const submitted = submit(1, 300, TPM_CC.GetRandom, { locality: 2 });
    clock.advance(7);
    dispatcher.resume();
    const atTpm = await transport.transmission(0);
    assert.equal(atTpm.options.locality, 2);
    clock.advance(5);
    atTpm.answer(SUCCESS);
    const outcome = await submitted.outcome;
    assert.deepEqual(outcome, { kind: 'response', response: SUCCESS, appliedPriority: 300, waitMs: 7, durationMs: 5 });
  });

  it('sends a command once where one round trip is enough', async () => {
    const { dispatcher, transport, virtualizer, submit } = setUp();
    const direct = { begin: (_contextId: number, command: Uint8Array) => command, failed: () => undefined };
    Object.assign(virtualizer, { direct: { ...direct, complete: (response: Uint8Array) => response } });
    const submitted = submit(1);
    (await transport.transmission(0)).answer(SUCCESS);
    assert.equal(await symbolOf(submitted.outcome), 'response');
    await dispatcher.whenIdle();
    assert.equal(transport.sent.length, 1);
  });
});
