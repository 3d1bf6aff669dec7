/**
 * Runs the broker's own commands to the TPM in a virtual context: what they load is swapped like any caller's
 * resources, and flushed when the exchange ends.
 */
import type { Caller } from '../../domain/caller.js';
import type { Exchange } from '../../domain/tpm/exchange.js';
import type { Virtualizer } from '../../domain/virtualization/virtualizer.js';
import type { Dispatcher } from '../commands/dispatcher.js';

/** Never the context of a caller, since TBS_HCONTEXT is never zero. */
const BROKER_CONTEXT_ID = 0;
const BROKER: Caller = { userKey: 'broker', callerClass: 'administrator' };

type Answered = (command: Uint8Array, response: Uint8Array) => void;

export class BrokerContext {
  /**
   * @param answered receives each command with its response; the command's bytes are wiped afterwards.
   */
  readonly #dispatcher: Dispatcher;
  readonly #virtualizer: Virtualizer;
  readonly #answered: Answered;

  constructor(dispatcher: Dispatcher, virtualizer: Virtualizer, answered: Answered) {
    this.#dispatcher = dispatcher;
    this.#virtualizer = virtualizer;
    this.#answered = answered;
  }

  /**
   * Runs an exchange to its end. Callers' commands are dispatched between two of these exchanges, so a waiting command
   * is delayed by one at most. `begin` runs again if the TPM was reset.
   */
  run<Result>(begin: () => Exchange<Result>): Promise<Result> {
    return this.#dispatcher.runExchange(() => inOwnContext(this.#virtualizer, begin(), this.#answered), {
      yieldsToCommands: true,
    });
  }
}

function* inOwnContext<Result>(
  virtualizer: Virtualizer,
  exchange: Exchange<Result>,
  answered: Answered,
): Exchange<Result> {
  virtualizer.openContext(BROKER_CONTEXT_ID, BROKER);
  let abandoned = true;
  try {
    let step = exchange.next();
    while (step.done !== true) step = yield* executed(virtualizer, exchange, step.value, answered);
    yield* virtualizer.closeContext(BROKER_CONTEXT_ID);
    abandoned = false;
    return step.value;
  } catch (error) {
    abandoned = false;
    yield* closeQuietly(virtualizer);
    throw error;
  } finally {
    // The dispatcher abandoned the exchange: after a reset the TPM has nothing of this context, so nothing more is
    // sent.
    if (abandoned) exchange.return(undefined as Result);
  }
}

/** Closes the context. The next use flushes what this one fails to flush. */
function* closeQuietly(virtualizer: Virtualizer): Exchange<void> {
  try {
    yield* virtualizer.closeContext(BROKER_CONTEXT_ID);
  } catch {
    // The error of the exchange itself says more.
  }
}

function* executed<Result>(
  virtualizer: Virtualizer,
  exchange: Exchange<Result>,
  command: Uint8Array,
  answered: Answered,
): Exchange<IteratorResult<Uint8Array, Result>> {
  let response: Uint8Array;
  try {
    response = yield* virtualizer.execute(BROKER_CONTEXT_ID, command);
  } catch (error) {
    return exchange.throw(error);
  }
  answered(command, response);
  return exchange.next(response);
}
