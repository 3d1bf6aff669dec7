/** Tests that the requests of standard users cause at most one query of the TPM within an interval. */
import assert from 'node:assert/strict';
import { RecentAnswers } from '../../../ts-core/application/status/recent-answers.js';
import type { Caller } from '../../../ts-core/domain/caller.js';
import { FakeClock } from '../../support/fake-clock.js';

const ALICE: Caller = { userKey: 'uid:1000', callerClass: 'standardUser' };
const ROOT: Caller = { userKey: 'uid:0', callerClass: 'administrator' };

describe('recent responses', () => {
  const clock = new FakeClock();
  let answers: RecentAnswers;
  let asked: number;
  const ask = async (): Promise<number> => ++asked;

  beforeEach(() => {
    answers = new RecentAnswers(clock, 1000);
    asked = 0;
  });

  it('are queried once for any number of standard users at the same time, and not again while they are recent', async () => {
    const all = await Promise.all(Array.from({ length: 1000 }, () => answers.for(ALICE, 'tpm/get', ask)));
    assert.deepEqual(new Set(all), new Set([1]));
    clock.advance(999);
    assert.equal(await answers.for(ALICE, 'tpm/get', ask), 1);
    clock.advance(1);
    assert.equal(await answers.for(ALICE, 'tpm/get', ask), 2);
  });

  it('are always current for administrators', async () => {
    await answers.for(ALICE, 'tpm/get', ask);
    assert.equal(await answers.for(ROOT, 'tpm/get', ask), 2);
  });

  it('are separate for each question, and queried again after a failure', async () => {
    assert.equal(await answers.for(ALICE, 'tpm/get', ask), 1);
    const fails = (): Promise<number> => Promise.reject(new Error('gone'));
    await assert.rejects(answers.for(ALICE, 'status/get', fails), /gone/);
    assert.equal(await answers.for(ALICE, 'status/get', ask), 2);
  });
});
