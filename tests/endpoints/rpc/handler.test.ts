import assert from 'node:assert/strict';
import { z } from 'zod';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { ADMINISTRATOR_ONLY } from '../../../ts-core/endpoints/access.js';
import { bind, methodsOf } from '../../../ts-core/endpoints/rpc/handler.js';
import { method, noParams, objectType } from '../../../ts-core/endpoints/rpc/protocol/method.js';
import type { RpcSession } from '../../../ts-core/endpoints/rpc/rpc-session.js';

const Sum = objectType('Sum', 'A sum.', { sum: z.number() });
const contract = {
  Sum,
  add: method('sum/add', {
    summary: 'Adds.',
    access: ADMINISTRATOR_ONLY,
    params: z.strictObject({ left: z.number(), right: z.number().default(1) }),
    result: Sum,
  }),
  zero: method('sum/zero', { summary: 'Returns 0.', access: ADMINISTRATOR_ONLY, params: noParams, result: Sum }),
};
const listContract = {
  sumAll: method('sum/all', {
    summary: 'Adds all.',
    access: ADMINISTRATOR_ONLY,
    params: z.strictObject({ numbers: z.array(z.number()) }),
    result: Sum,
  }),
};
const NO_SESSION = {} as RpcSession;

describe('the handlers of a feature', () => {
  const handlers = bind(contract, {
    add: (_session, { left, right }) => ({ sum: left + right }),
    zero: () => ({ sum: 0 }),
  });

  it('serve exactly the methods that the contract exports', () => {
    assert.deepEqual([...methodsOf(contract).keys()], ['add', 'zero']);
    assert.deepEqual(
      handlers.map(({ method: { name } }) => name),
      ['sum/add', 'sum/zero'],
    );
  });

  it('get the parameters of the contract, with its defaults', () => {
    assert.deepEqual(handlers[0]?.serve(NO_SESSION, { left: 2 }), { sum: 3 });
    assert.deepEqual(handlers[1]?.serve(NO_SESSION, undefined), { sum: 0 });
  });

  it('are not called with other parameters: the refusal names each invalid one', () => {
    assert.throws(
      () => handlers[0]?.serve(NO_SESSION, { left: 'two', rigth: 2 }),
      (error: unknown) => {
        assert.ok(error instanceof TbsError);
        assert.equal(error.symbol, 'TBS_E_BAD_PARAMETER');
        assert.match(error.message, /left: .*; .*rigth/);
        return true;
      },
    );
  });

  it('are not called with thousands of wrong parameters: the refusal stays short, and counts what it does not name', () => {
    const lists = bind(listContract, { sumAll: (_session, { numbers }) => ({ sum: numbers.length }) });
    const wrong = [
      { params: Object.fromEntries(Array.from({ length: 4000 }, (_, index) => [`name${index}`, 1])), says: /name0/ },
      { params: { ['n'.repeat(60_000)]: 1 }, says: /nnn/ },
      { params: { numbers: Array(10_000).fill('x') }, says: /; and \d+ more$/ },
    ];
    for (const { params, says } of wrong) {
      assert.throws(
        () => lists[0]?.serve(NO_SESSION, params),
        (error: unknown) => {
          assert.ok(error instanceof TbsError);
          assert.match(error.message, says);
          assert.ok(JSON.stringify([error.message, error.details]).length < 5000);
          return true;
        },
      );
    }
  });
});
