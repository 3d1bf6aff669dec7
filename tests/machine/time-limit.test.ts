import { equal, rejects } from 'node:assert/strict';
import { TimeLimit, TooLate, within } from './time-limit.js';

const forever = new Promise<never>(() => undefined);

describe('limits on time of the tests in virtual machines', () => {
  it('end work that does not end, and say what it waits for', async () => {
    await rejects(
      within(new TimeLimit(0), forever, () => 'SUSPEND from qemu'),
      (error) => error instanceof TooLate && /within 0 s.*SUSPEND from qemu/.test(error.message),
    );
  });

  it('pass on the result and the failure of work that ends in time', async () => {
    equal(await within(new TimeLimit(60), Promise.resolve('awake'), () => ''), 'awake');
    await rejects(
      within(new TimeLimit(60), Promise.reject(new Error('refused')), () => ''),
      (error) => !(error instanceof TooLate) && (error as Error).message === 'refused',
    );
  });
});
