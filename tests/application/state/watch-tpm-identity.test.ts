import assert from 'node:assert/strict';
import { WatchTpmIdentity } from '../../../ts-core/application/state/watch-tpm-identity.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import type { TpmIdentity } from '../../../ts-core/domain/tpm/tpm-identity.js';
import { FakeClock } from '../../support/fake-clock.js';
import { quietLog } from '../../support/quiet-log.js';
import { recordedEvents } from '../../support/recorded-events.js';

const FIRST: TpmIdentity = { version: '2.0', manufacturerId: 1, marks: { 'key-ecc': 'aaaa' } };
const SECOND: TpmIdentity = { ...FIRST, marks: { 'key-ecc': 'bbbb' } };
const SILENT: TpmIdentity = { ...FIRST, marks: {} };

/** `known`: the TPM that the state belongs to. The next readings find the TPMs in `answers`, or fail with an error. */
function setUp(known: TpmIdentity | undefined) {
  const answers: (TpmIdentity | Error)[] = [];
  const { events, told: raised } = recordedEvents(new FakeClock());
  const ends: TbsError[] = [];
  let readings = 0;
  const watch = new WatchTpmIdentity({
    read: async () => {
      const answer = answers[readings++];
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error('nothing was to be read');
      return answer;
    },
    known: () => known,
    exchanged: (error) => void ends.push(error),
    events,
    log: quietLog(),
  });
  const comesBack = async (...found: readonly (TpmIdentity | Error)[]) => {
    answers.push(...found);
    for (const _ of found) watch.cameBack();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { comesBack, raised, ends, readings: () => readings };
}

describe('the identity of a TPM that comes back while the broker runs', () => {
  it('ends the broker if it is another TPM, and names both', async () => {
    const { comesBack, raised, ends } = setUp(FIRST);
    await comesBack(SECOND);
    const [error] = ends;
    assert.ok(error instanceof TbsError);
    assert.match(error.message, /exchanged while the broker ran.*2\.0-bbbb.*2\.0-aaaa/);
    assert.deepEqual(
      raised.map(({ kind, details }) => ({ kind, details })),
      [{ kind: 'warning', details: { earlier: '2.0-aaaa', found: '2.0-bbbb' } }],
    );
  });

  it('changes nothing for the same TPM, one that shows nothing to compare, and a state that knows no TPM', async () => {
    for (const [known, found] of [
      [FIRST, FIRST],
      [FIRST, SILENT],
      [undefined, SECOND],
    ] as const) {
      const { comesBack, raised, ends, readings } = setUp(known);
      await comesBack(found);
      assert.deepEqual([readings(), ends.length, raised.length], [1, 0, 0]);
    }
  });

  it('compares a TPM that was lost again during a reading once it returns', async () => {
    const { comesBack, ends } = setUp(FIRST);
    await comesBack(new TbsError('TBS_E_IOERROR'));
    assert.equal(ends.length, 0);
    await comesBack(SECOND);
    assert.equal(ends.length, 1);
  });

  it('reads once more if the TPM returns during a reading, but not after the TPM was exchanged', async () => {
    const { comesBack, ends, readings } = setUp(FIRST);
    await comesBack(FIRST, SECOND, FIRST);
    assert.equal(readings(), 2);
    assert.equal(ends.length, 1);
    await comesBack(SECOND);
    assert.equal(readings(), 2);
    assert.equal(ends.length, 1);
  });
});
