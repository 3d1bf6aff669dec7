import assert from 'node:assert/strict';
import { UnixUserNames } from '../../../ts-core/adapters/identity/account-database.js';

/** A directory that answers when the test lets it. */
function slowDirectory() {
  let nowMs = 0;
  const asked: string[] = [];
  const answers: ((entry: readonly string[] | undefined) => void)[] = [];
  const names = new UnixUserNames(
    () => nowMs,
    (uid) => {
      asked.push(uid);
      return new Promise((resolve) => void answers.push(resolve));
    },
  );
  return {
    names,
    asked,
    answer: async (entry?: string) => {
      answers.shift()?.(entry?.split(':'));
      await new Promise((resolve) => setImmediate(resolve));
    },
    passes: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('names of Unix accounts', () => {
  it('come from the account database of this machine', async () => {
    const names = new UnixUserNames(() => 0);
    assert.deepEqual([...(await names.namesOf(['uid:0', 'uid:4294967290', 'sid:S-1-5-18']))], [['uid:0', 'root']]);
  });

  it('are looked up once, whoever asks meanwhile, and known from then on', async () => {
    const { names, asked, answer, passes } = slowDirectory();
    const [first, second] = [names.namesOf(['uid:1000', 'uid:1000']), names.namesOf(['uid:1000'])];
    await answer('alice:x:1000:1000::/home/alice:/bin/sh');
    assert.deepEqual([(await first).get('uid:1000'), (await second).get('uid:1000')], ['alice', 'alice']);
    passes(3_600_000);
    assert.equal((await names.namesOf(['uid:1000'])).get('uid:1000'), 'alice');
    assert.deepEqual(asked, ['1000']);
  });

  it('that are missing are looked up again, but only after a minute', async () => {
    const { names, asked, answer, passes } = slowDirectory();
    const missing = names.namesOf(['uid:1001']);
    await answer();
    assert.equal((await missing).size, 0);
    passes(59_999);
    assert.equal((await names.namesOf(['uid:1001'])).size, 0);
    passes(1);
    const found = names.namesOf(['uid:1001']);
    await answer('bob:x:1001:1001::/home/bob:/bin/sh');
    assert.equal((await found).get('uid:1001'), 'bob');
    assert.deepEqual(asked, ['1001', '1001']);
  });

  it('are looked up by two processes at most, however many are missing', async () => {
    const { names, asked, answer } = slowDirectory();
    const all = names.namesOf(Array.from({ length: 10 }, (_, index) => `uid:${index}`));
    await new Promise((resolve) => setImmediate(resolve));
    for (let answered = 0; answered < 10; answered++) {
      assert.equal(asked.length, Math.min(10, answered + 2));
      await answer(`user${answered}:x`);
    }
    assert.equal((await all).size, 10);
  });
});
