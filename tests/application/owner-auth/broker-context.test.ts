import assert from 'node:assert/strict';
import type { Dispatcher } from '../../../ts-core/application/commands/dispatcher.js';
import { BrokerContext } from '../../../ts-core/application/owner-auth/broker-context.js';
import type { Caller } from '../../../ts-core/domain/caller.js';
import type { Exchange } from '../../../ts-core/domain/tpm/exchange.js';
import { PassThroughVirtualizer } from '../../support/pass-through-virtualizer.js';

const [FIRST, SECOND, FLUSH] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(9)];
const [ANSWER, OTHER_ANSWER] = [Uint8Array.of(11), Uint8Array.of(12)];

class Tables extends PassThroughVirtualizer {
  readonly opened: (readonly [number, Caller])[] = [];
  readonly executedIn: number[] = [];

  override openContext(...opening: readonly [number, Caller]): void {
    this.opened.push(opening);
  }
  override *execute(contextId: number, command: Uint8Array): Exchange<Uint8Array> {
    this.executedIn.push(contextId);
    return yield command;
  }
  override *closeContext(contextId: number): Exchange<void> {
    this.closed.push(contextId);
    yield FLUSH;
  }
}

/** An exchange of the broker itself, as the dispatcher runs it. */
function started<Result>(begin: () => Exchange<Result>) {
  const tables = new Tables();
  const answered: (readonly [number[], number[]])[] = [];
  const handed: { begin?: () => Exchange<unknown>; options?: unknown } = {};
  const dispatcher = {
    runExchange: (given: () => Exchange<unknown>, options: unknown) => {
      Object.assign(handed, { begin: given, options });
      return Promise.resolve();
    },
  } as unknown as Dispatcher;
  const context = new BrokerContext(dispatcher, tables, (command, response) => {
    answered.push([[...command], [...response]]);
  });
  void context.run(begin);
  assert.ok(handed.begin);
  return { tables, answered, exchange: handed.begin(), beginAgain: handed.begin, options: handed.options };
}

function* twoCommands(): Exchange<string> {
  const command = FIRST.slice();
  const first = yield command;
  command.fill(0);
  const second = yield SECOND;
  return `${first[0]} ${second[0]}`;
}

describe('the context of the broker’s own commands', () => {
  it('is opened for the broker, used for each command, and closed before the result is there', () => {
    const { tables, exchange, options } = started(twoCommands);
    assert.deepEqual(exchange.next().value, FIRST);
    assert.deepEqual(exchange.next(ANSWER).value, SECOND);
    assert.deepEqual(exchange.next(OTHER_ANSWER), { done: false, value: FLUSH });
    assert.deepEqual(exchange.next(ANSWER), { done: true, value: '11 12' });
    assert.deepEqual(tables.opened, [[0, { userKey: 'broker', callerClass: 'administrator' }]]);
    assert.deepEqual([tables.executedIn, tables.closed], [[0, 0], [0]]);
    assert.deepEqual(options, { yieldsToCommands: true }, 'callers wait for one exchange at most');
  });

  it('shows each command with its response before the exchange overwrites the command', () => {
    const { answered, exchange } = started(twoCommands);
    exchange.next();
    exchange.next(ANSWER);
    exchange.next(OTHER_ANSWER);
    assert.deepEqual(answered, [
      [[1], [11]],
      [[2], [12]],
    ]);
  });

  it('passes a failure of the transport to the exchange, which may survive it', () => {
    const { exchange } = started(function* (): Exchange<string> {
      try {
        yield FIRST;
      } catch (error) {
        return (error as Error).message;
      }
      return 'answered';
    });
    exchange.next();
    assert.deepEqual(exchange.throw(new Error('unplugged')).value, FLUSH);
    assert.deepEqual(exchange.next(ANSWER), { done: true, value: 'unplugged' });
  });

  it('is closed if the exchange fails, whose own error is reported even if closing fails, too', () => {
    for (const closing of ['works', 'fails'] as const) {
      const { tables, exchange, answered } = started(twoCommands);
      exchange.next();
      assert.deepEqual(exchange.throw(new Error('unplugged')).value, FLUSH);
      const end = () => (closing === 'works' ? exchange.next(ANSWER) : exchange.throw(new Error('closing')));
      assert.throws(end, { message: 'unplugged' });
      assert.deepEqual([tables.closed, answered], [[0], []]);
    }
  });

  it('sends nothing more if the dispatcher abandons the exchange, which still cleans up', () => {
    const log: string[] = [];
    const { tables, exchange } = started(function* (): Exchange<void> {
      try {
        yield FIRST;
      } finally {
        log.push('wiped');
      }
    });
    exchange.next();
    assert.deepEqual(exchange.return(undefined), { done: true, value: undefined });
    assert.deepEqual([log, tables.closed], [['wiped'], []]);
  });

  it('begins anew each time that the dispatcher starts it', () => {
    const { exchange, beginAgain } = started(twoCommands);
    exchange.next();
    exchange.next(ANSWER);
    assert.deepEqual(beginAgain().next().value, FIRST);
  });
});
