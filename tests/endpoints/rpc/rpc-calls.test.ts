import assert from 'node:assert/strict';
import * as z from 'zod';
import type { Caller } from '../../../ts-core/domain/caller.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { ADMINISTRATOR_ONLY, EVERYBODY_ALL } from '../../../ts-core/endpoints/access.js';
import { inTurn, listInTurns, type RpcHandler } from '../../../ts-core/endpoints/rpc/handler.js';
import { type CallId, METHOD_NOT_FOUND } from '../../../ts-core/endpoints/rpc/json-rpc.js';
import { MessageReplies } from '../../../ts-core/endpoints/rpc/message-replies.js';
import { method } from '../../../ts-core/endpoints/rpc/protocol/method.js';
import { RpcCalls } from '../../../ts-core/endpoints/rpc/rpc-calls.js';
import { ByteBudget } from '../../../ts-core/endpoints/user-byte-budgets.js';
import { ALICE, ROOT } from '../../support/callers.js';
import { quietLog } from '../../support/quiet-log.js';
import { sessionOf } from '../../support/rpc-session.js';

interface Reply {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: { readonly symbol?: string } };
}

/** Resolves after all pending promise callbacks have run. */
const settled = () => new Promise(setImmediate);

function contract(name: string, access = EVERYBODY_ALL) {
  return method(name, { summary: 'A method of this test.', access, params: z.unknown(), result: z.unknown() });
}

interface Options {
  readonly caller?: Caller;
  readonly maxOutstandingCalls?: number;
  /** Whether finished calls are answered immediately, as if each had its turn then. */
  readonly answersAtOnce?: boolean;
}

function setUp({ caller = ALICE, maxOutstandingCalls = 4, answersAtOnce = true }: Options = {}) {
  const session = sessionOf(caller);
  const budget = new ByteBudget(10_000);
  const log = quietLog();
  const served: unknown[] = [];
  const waiting: { answer(value: unknown): void; fail(error: unknown): void }[] = [];
  let roomAgain = 0;
  const handlers: RpcHandler[] = [
    {
      method: contract('echo'),
      serve: (...given) => {
        served.push(given);
        return { echo: given[1] };
      },
    },
    { method: contract('owner', ADMINISTRATOR_ONLY), serve: () => served.push('owner') },
    {
      method: contract('throw'),
      serve: (_session, params) => {
        throw params;
      },
    },
    {
      method: contract('later'),
      serve: () => new Promise((answer, fail) => waiting.push({ answer, fail })),
    },
  ];
  const calls: RpcCalls = new RpcCalls({
    onFinished: () => {
      if (answersAtOnce) calls.answerFinished();
    },
    ...{ session, budget, log, maxOutstandingCalls, maxBatchReplyBytes: 100 },
    handlers: new Map(handlers.map((handler) => [handler.method.name, handler])),
    onRoomAgain: () => roomAgain++,
  });
  const replies: (Reply | undefined)[] = [];
  const single = () =>
    new MessageReplies(1, false, budget, (texts) =>
      replies.push(texts.length === 0 ? undefined : JSON.parse(texts.join(''))),
    );
  return {
    ...{ calls, session, budget, log, served, waiting, replies, single },
    call: (name: string, params?: unknown, id: CallId = 1, charge = 0) =>
      calls.serve({ id, method: name, params }, single(), charge),
    roomAgain: () => roomAgain,
  };
}

describe('the calls of a JSON-RPC connection', () => {
  it('are served by the handler of their name, with the session and the parameters, and answered under their id', () => {
    const { call, replies, served, session } = setUp();
    call('echo', { a: 1 }, 'seven');
    assert.deepEqual(served, [[session, { a: 1 }]]);
    assert.deepEqual(replies, [{ jsonrpc: '2.0', id: 'seven', result: { echo: { a: 1 } } }]);
  });

  it('are served but not answered if they are notifications, whatever comes of them', async () => {
    const { calls, single, replies, served, waiting } = setUp();
    const notify = (name: string, params?: unknown) =>
      calls.serve({ id: undefined, method: name, params }, single(), 0);
    notify('echo');
    notify('none');
    notify('throw', new TbsError('TBS_E_BAD_PARAMETER'));
    notify('later');
    waiting[0]?.answer({});
    await settled();
    assert.equal(served.length, 1);
    assert.deepEqual(replies, [undefined, undefined, undefined, undefined]);
  });

  it('of a method that does not exist are refused, with a name that is quoted in part only', () => {
    const { call, replies } = setUp();
    call('x'.repeat(1_000_000));
    const error = replies[0]?.error;
    assert.equal(error?.code, METHOD_NOT_FOUND);
    assert.ok((error?.message.length ?? 1e9) < 120, error?.message);
  });

  it('are not found under the names of every object’s own members', () => {
    const { call, replies } = setUp();
    for (const name of ['constructor', '__proto__', 'toString', '']) call(name);
    assert.ok(replies.every((reply) => reply?.error?.code === METHOD_NOT_FOUND));
  });

  it('are refused before they are served if the caller may not make them', () => {
    const refused = setUp({ caller: ALICE });
    refused.call('owner');
    assert.equal(refused.replies[0]?.error?.data?.symbol, 'TBS_E_ACCESS_DENIED');
    assert.deepEqual(refused.served, []);
    const allowed = setUp({ caller: ROOT });
    allowed.call('owner');
    assert.deepEqual(allowed.served, ['owner']);
  });

  it('are refused before they are served if their batch has no room for a reply', () => {
    const { calls, replies, served, budget } = setUp();
    const batch = new MessageReplies(3, true, budget, (texts) => replies.push(JSON.parse(texts.join(''))));
    const echo = (params: unknown) => calls.serve({ id: 1, method: 'echo', params }, batch, 0);
    echo('x'.repeat(100));
    echo('y');
    echo('z');
    const [answers] = replies as unknown as [Reply[]];
    assert.deepEqual(
      answers.map(({ error }) => error?.data?.symbol),
      [undefined, 'TBS_E_TOO_MANY_RESOURCES', 'TBS_E_TOO_MANY_RESOURCES'],
    );
    assert.equal(served.length, 1);
  });

  it('are answered with the error of the use case, which is logged only if it is the broker’s own fault', async () => {
    const { call, replies, log, waiting } = setUp();
    call('throw', new TbsError('TBS_E_BAD_PARAMETER'));
    call('later');
    waiting[0]?.fail(new TbsError('TBS_E_COMMAND_CANCELED'));
    await settled();
    assert.deepEqual(log.lines, []);
    call('throw', new TypeError('a bug'));
    call('throw', new TbsError('TBS_E_INTERNAL_ERROR'));
    call('later');
    waiting[1]?.fail('not even an error');
    await settled();
    assert.deepEqual(
      log.lines.map(({ level, fields }) => [level, (fields as { method: string }).method]),
      [
        ['error', 'throw'],
        ['error', 'throw'],
        ['error', 'later'],
      ],
    );
    const symbols = replies.map((reply) => reply?.error?.data?.symbol);
    const internal = 'TBS_E_INTERNAL_ERROR';
    assert.deepEqual(symbols, ['TBS_E_BAD_PARAMETER', 'TBS_E_COMMAND_CANCELED', internal, internal, internal]);
    assert.ok(!JSON.stringify(replies).includes('a bug'), 'what broke inside is for the log alone');
  });
});

describe('calls in progress', () => {
  it('are answered one at a time, in turns, each of which also computes its answer', async () => {
    const { calls, call, replies, budget, waiting } = setUp({ answersAtOnce: false });
    let made = 0;
    for (const id of [1, 2]) call('later', undefined, id, 100);
    waiting[1]?.answer(inTurn(() => ({ made: ++made })));
    waiting[0]?.answer(
      inTurn(() => {
        throw new TbsError('TBS_E_IOERROR');
      }),
    );
    await settled();
    assert.deepEqual([calls.hasFinished, made, replies, budget.used], [true, 0, [], 200]);
    assert.equal(calls.answerFinished(), true);
    assert.deepEqual([made, replies.length, budget.used], [1, 1, 100]);
    assert.equal(calls.answerFinished(), true);
    assert.deepEqual([calls.hasFinished, budget.used], [false, 0]);
    assert.equal(calls.answerFinished(), false);
    assert.deepEqual(replies[0]?.result, { made: 1 });
    assert.equal(replies[1]?.error?.data?.symbol, 'TBS_E_IOERROR');
  });

  it('get long lists in parts, each in a turn of its own', async () => {
    const { calls, call, replies, budget, waiting } = setUp({ answersAtOnce: false });
    const numbers = Array.from({ length: 300 }, (_, index) => index);
    let described = 0;
    call('later', undefined, 1, 100);
    waiting[0]?.answer(
      listInTurns('squares', numbers, (number) => {
        described++;
        return { square: number * number };
      }),
    );
    await settled();
    for (const sofar of [128, 256]) {
      assert.equal(calls.answerFinished(), true);
      assert.deepEqual([described, replies, calls.hasFinished, budget.used], [sofar, [], true, 100]);
    }
    assert.equal(calls.answerFinished(), true);
    assert.deepEqual([calls.hasFinished, budget.used], [false, 0]);
    assert.deepEqual(replies[0]?.result, { squares: numbers.map((number) => ({ square: number * number })) });
  });

  it('get an empty list in one turn', async () => {
    const { calls, call, replies, waiting } = setUp({ answersAtOnce: false });
    call('later', undefined, 1, 100);
    waiting[0]?.answer(listInTurns('squares', [], (number) => number));
    await settled();
    calls.answerFinished();
    assert.deepEqual(replies[0]?.result, { squares: [] });
  });

  it('that have finished are not answered after their client has gone, and cost its user nothing', async () => {
    const { calls, call, replies, budget, waiting } = setUp({ answersAtOnce: false });
    call('later', undefined, 1, 300);
    waiting[0]?.answer({});
    await settled();
    calls.close();
    assert.deepEqual([calls.answerFinished(), replies, budget.used], [false, [], 0]);
  });

  it('are answered when their handler is done, in whatever order', async () => {
    const { call, replies, waiting } = setUp();
    call('later', undefined, 1);
    call('later', undefined, 2);
    waiting[1]?.answer({ second: true });
    await settled();
    waiting[0]?.answer({ first: true });
    await settled();
    assert.deepEqual(
      replies.map((reply) => [reply?.id, reply?.result]),
      [
        [2, { second: true }],
        [1, { first: true }],
      ],
    );
  });

  it('are charged to their user until they are answered or have failed', async () => {
    const { call, budget, waiting } = setUp();
    call('later', undefined, 1, 300);
    call('later', undefined, 2, 200);
    call('echo', undefined, 3, 100);
    assert.equal(budget.used, 500);
    waiting[0]?.answer({});
    await settled();
    assert.equal(budget.used, 200);
    waiting[1]?.fail(new TbsError('TBS_E_COMMAND_CANCELED'));
    await settled();
    assert.equal(budget.used, 0);
  });

  it('hold further ones back at their limit, and ask for them once half of the room is free', async () => {
    const { calls, call, waiting, roomAgain } = setUp({ maxOutstandingCalls: 4 });
    const finish = async (index: number) => {
      waiting[index]?.answer({});
      await settled();
    };
    for (let index = 0; index < 4; index++) {
      assert.equal(calls.mayServe(), true);
      call('later');
    }
    assert.equal(calls.mayServe(), false);
    await finish(0);
    assert.equal(roomAgain(), 0);
    await finish(1);
    assert.equal(roomAgain(), 1);
    await finish(2);
    assert.equal(roomAgain(), 1, 'once for each time that calls were held back');
    assert.equal(calls.mayServe(), true);
  });

  it('ask for nothing if none was held back', async () => {
    const { call, waiting, roomAgain } = setUp({ maxOutstandingCalls: 1 });
    call('later');
    waiting[0]?.answer({});
    await settled();
    assert.equal(roomAgain(), 0);
  });

  it('are not answered after their client has gone, and cost its user nothing from their end on', async () => {
    const { calls, call, replies, budget, waiting, roomAgain } = setUp({ maxOutstandingCalls: 2 });
    call('later', undefined, 1, 300);
    call('later', undefined, 2, 300);
    assert.equal(calls.mayServe(), false);
    calls.close();
    waiting[0]?.answer({});
    waiting[1]?.fail(new TbsError('TBS_E_COMMAND_CANCELED'));
    await settled();
    assert.deepEqual([replies, budget.used, roomAgain()], [[], 0, 0]);
  });
});
