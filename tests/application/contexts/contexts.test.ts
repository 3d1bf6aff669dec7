import assert from 'node:assert/strict';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Contexts } from '../../../ts-core/application/contexts/contexts.js';
import type { Caller } from '../../../ts-core/domain/caller.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { policyOf, STRICT_GPO } from '../../domain/filter/filter-fixtures.js';
import { ALICE, BOB, ROOT } from '../../support/callers.js';

const LIMITS = policyOf({ maxContexts: 32, maxContextsPerUser: 10 });

function user(number: number): Caller {
  return { userKey: `uid:${1000 + number}`, callerClass: 'standardUser' };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function usedBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

function openUntilRefused(
  contexts: Contexts,
  callerOf: (index: number) => Caller,
): { opened: number; setting: unknown } {
  for (let opened = 0; ; opened++) {
    try {
      contexts.create(callerOf(opened), 0);
    } catch (error) {
      assert.ok(error instanceof TbsError);
      assert.equal(error.symbol, 'TBS_E_TOO_MANY_TBS_CONTEXTS');
      return { opened, setting: error.details['setting'] };
    }
  }
}

describe('the open contexts', () => {
  it('are known by their handle while they are open', () => {
    const contexts = new Contexts(() => LIMITS);
    const first = contexts.create(ALICE, 5);
    const second = contexts.create(BOB, 6);
    assert.deepEqual([first.id, first.caller, first.openedAtMs, first.outstanding], [1, ALICE, 5, 0]);
    assert.equal(contexts.get(first.id), first);
    assert.deepEqual([...contexts.all()], [first, second]);
    contexts.remove(first);
    assert.equal(contexts.get(first.id), undefined);
    assert.equal(contexts.size, 1);
  });

  it('have handles that are not reused, so that a stale one never names a new context', () => {
    const contexts = new Contexts(() => LIMITS);
    contexts.remove(contexts.create(ALICE, 0));
    assert.equal(contexts.create(ALICE, 0).id, 2);
  });

  it('have handles that begin again at 1 after the highest, without those that are open', () => {
    const contexts = new Contexts(() => LIMITS, 3);
    const [, second] = Array.from({ length: 3 }, () => contexts.create(ALICE, 0));
    assert.ok(second);
    contexts.remove(second);
    assert.equal(contexts.create(ALICE, 0).id, 2, '1 is open');
    assert.deepEqual(
      [...contexts.all()].map(({ id }) => id),
      [1, 3, 2],
    );
  });

  it('leave nothing of their users in memory when they are closed', () => {
    const contexts = new Contexts(() => LIMITS);
    const before = usedBytes();
    for (let number = 0; number < 2000; number++) {
      const userKey = Buffer.alloc(10_000, `${number} `).toString('latin1');
      contexts.remove(contexts.create({ userKey, callerClass: 'standardUser' }, 0));
    }
    assert.ok(usedBytes() - before < 5_000_000, 'the names have 20 MB');
    assert.equal(contexts.size, 0);
  });

  it('reserve one place in sixteen for administrators', () => {
    const contexts = new Contexts(() => LIMITS);
    assert.deepEqual(openUntilRefused(contexts, user), { opened: 30, setting: 'maxContexts' });
    assert.deepEqual(
      openUntilRefused(contexts, () => ROOT),
      { opened: 2, setting: 'maxContexts' },
    );
  });

  it('are limited for each user as well', () => {
    const contexts = new Contexts(() => LIMITS);
    assert.deepEqual(
      openUntilRefused(contexts, () => ALICE),
      { opened: 10, setting: 'maxContextsPerUser' },
    );
    contexts.create(BOB, 0);
  });

  it('free the places of their user exactly when they are closed', () => {
    const contexts = new Contexts(() => LIMITS);
    const opened = Array.from({ length: 10 }, () => contexts.create(ALICE, 0));
    for (const context of opened.slice(0, 3)) contexts.remove(context);
    assert.equal(openUntilRefused(contexts, () => ALICE).opened, 3);
    for (const context of [...contexts.all()]) contexts.remove(context);
    assert.equal(openUntilRefused(contexts, () => ALICE).opened, 10);
  });

  it('are closed once, however often they are removed', () => {
    const contexts = new Contexts(() => LIMITS);
    const [closed] = Array.from({ length: 10 }, () => contexts.create(ALICE, 0));
    assert.ok(closed);
    contexts.remove(closed);
    contexts.remove(closed);
    assert.equal(openUntilRefused(contexts, () => ALICE).opened, 1);
  });

  for (const setting of ['maxContexts', 'maxContextsPerUser'] as const) {
    it(`name the GPO that sets ${setting} when it refuses one`, () => {
      const contexts = new Contexts(() => policyOf({ [setting]: 1 }, STRICT_GPO));
      contexts.create(ROOT, 0);
      assert.throws(
        () => contexts.create(ROOT, 0),
        (error: unknown) => {
          assert.ok(error instanceof TbsError);
          assert.equal(error.details['limit'], 1);
          assert.ok(error.message.includes(`limit of 1 `) && error.message.includes(setting), error.message);
          assert.equal(error.details['source'], 'GPO "Strict" linked to DC=example,DC=com');
          assert.match(error.action, /^Close contexts .*raise max\w+ in GPO "Strict".*Administrators of the domain/);
          return true;
        },
      );
    });
  }

  it('obey limits that policy changes meanwhile', () => {
    let limits = policyOf({ maxContextsPerUser: 1 });
    const contexts = new Contexts(() => limits);
    assert.equal(openUntilRefused(contexts, () => ALICE).opened, 1);
    limits = policyOf({ maxContextsPerUser: 3 });
    assert.equal(openUntilRefused(contexts, () => ALICE).opened, 2);
  });
});
