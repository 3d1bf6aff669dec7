import assert from 'node:assert/strict';
import { OneAtATime } from '../../ts-core/domain/one-at-a-time.js';

describe('work that runs one at a time', () => {
  it('starts when the previous work has ended, and returns its own result', async () => {
    const work = new OneAtATime();
    const steps: string[] = [];
    let finishFirst = () => {};
    const first = work.run(async () => {
      steps.push('first begins');
      await new Promise<void>((resolve) => {
        finishFirst = resolve;
      });
      steps.push('first ends');
      return 1;
    });
    const second = work.run(async () => {
      steps.push('second begins');
      return 2;
    });
    await Promise.resolve();
    finishFirst();
    assert.deepEqual(await Promise.all([first, second]), [1, 2]);
    assert.deepEqual(steps, ['first begins', 'first ends', 'second begins']);
  });

  it('continues after a failure, which only its own caller receives', async () => {
    const work = new OneAtATime();
    const failed = work.run(async () => {
      throw new Error('no');
    });
    const next = work.run(async () => 'done');
    await assert.rejects(failed, /no/);
    assert.equal(await next, 'done');
  });

  it('is settled when everything that was started has ended, failed or not', async () => {
    const work = new OneAtATime();
    let ended = false;
    work
      .run(async () => {
        await Promise.resolve();
        ended = true;
        throw new Error('no');
      })
      .catch(() => undefined);
    await work.settled();
    assert.equal(ended, true);
  });
});
