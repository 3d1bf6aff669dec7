import assert from 'node:assert/strict';
import { ReportQueue } from '../../../ts-core/application/status/report-queue.js';
import type { Caller } from '../../../ts-core/domain/caller.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';
import { ALICE, BOB, ROOT } from '../../support/callers.js';
import { dispatcherRig, SUCCESS } from '../../support/dispatcher-rig.js';

const OBSERVER: Caller = { ...BOB, isObserver: true };

/** Alice has a running and a queued command, and Bob two queued ones. */
async function busyBroker() {
  const rig = dispatcherRig();
  const { dispatcher, queue, transport, submit, clock } = rig;
  submit(1, 200, TPM_CC.GetRandom, { caller: ALICE });
  const running = await transport.transmission(0);
  submit(1, 300, TPM_CC.GetRandom, { caller: ALICE });
  submit(2, 200, TPM_CC.GetRandom, { caller: BOB });
  submit(2, 200, TPM_CC.GetRandom, { caller: BOB });
  clock.advance(40);
  return { report: new ReportQueue(queue, dispatcher), running, dispatcher };
}

const ALICES = { userKey: ALICE.userKey, priority: 'high', count: 1 };
const BOBS = { userKey: BOB.userKey, priority: 'normal', count: 2 };

describe('the report of the queue', () => {
  it('shows a user only what is the user’s own', async () => {
    const { report } = await busyBroker();
    assert.deepEqual(report.get(ALICE), {
      waiting: [ALICES],
      running: { userKey: ALICE.userKey, code: TPM_CC.GetRandom, durationMs: 40 },
    });
    assert.deepEqual(report.get(BOB), { waiting: [BOBS], running: undefined });
  });

  it('shows administrators and observers everything', async () => {
    const { report } = await busyBroker();
    for (const caller of [ROOT, OBSERVER]) {
      const { waiting, running } = report.get(caller);
      assert.deepEqual([waiting, running?.userKey], [[ALICES, BOBS], ALICE.userKey]);
    }
  });

  it('shows nothing where nothing waits', () => {
    const { queue, dispatcher } = dispatcherRig();
    assert.deepEqual(new ReportQueue(queue, dispatcher).get(ROOT), { waiting: [], running: undefined });
  });

  it('shows the newly dispatched command instead of the answered one', async () => {
    const { report, running } = await busyBroker();
    running.answer(SUCCESS);
    await new Promise((resolve) => setImmediate(resolve));
    const { waiting, running: next } = report.get(ROOT);
    assert.equal(
      waiting.reduce((sum, { count }) => sum + count, 0),
      2,
    );
    assert.equal(next?.durationMs, 0);
  });
});
