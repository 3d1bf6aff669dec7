import process from 'node:process';
import type { MethodName, NotificationOf, ParamsOf, ResultOf } from '../endpoints/rpc/protocol/types-by-method.js';
import { type BrokerClient, connectToBroker } from './broker-client.js';
import { base64, Context, type ContextCalls, type SubmitOptions, type SubmitResult } from './context.js';
import { EventStream } from './event-stream.js';
import { silenceLimitMs } from './silence-limit.js';
import { findSocket } from './trusted-socket.js';

export interface ConnectOptions {
  /** The broker's socket or pipe. Otherwise that of $TPMTBS_SOCKET, of the system, or of the user's own broker. */
  readonly socket?: string;
  /** Seconds of silence after which the client gives up: $TPMTBS_BROKER_TIMEOUT, or 30. 0: never. */
  readonly timeoutSeconds?: number;
}

/**
 * Connects to the broker. Rejects with a BrokerError when none answers, or when the socket does not belong to root or
 * this user.
 */
export async function connect({ socket, timeoutSeconds }: ConnectOptions = {}): Promise<Broker> {
  const limitMs = silenceLimitMs(timeoutSeconds, process.env);
  return new Broker(await connectToBroker(await findSocket(socket, process.env), limitMs));
}

/**
 * A connection to the broker, with the rights of the user who runs the program. Every method may be called at any time.
 */
export class Broker {
  readonly #client: BrokerClient;
  readonly #streams = new Set<EventStream>();
  #subscribed = false;
  #closed = false;

  /** @internal */
  constructor(client: BrokerClient) {
    this.#client = client;
  }

  /** Policy: the settings in force, and changes of the local policy file. */
  readonly policy = {
    get: (): Promise<ResultOf<'policy/get'>> => this.call('policy/get'),
    /** Writes settings into the local policy file; null removes one. For administrators. */
    set: (settings: ParamsOf<'policy/set'>['settings'], { dryRun = false } = {}): Promise<ResultOf<'policy/set'>> =>
      this.call('policy/set', { settings, dryRun }),
    /** Compares the policy in force with what is desired. */
    test: (settings: ParamsOf<'policy/test'>['settings']): Promise<ResultOf<'policy/test'>> =>
      this.call('policy/test', { settings }),
  };

  /** The lockout of standard users. */
  readonly lockout = {
    get: (): Promise<ResultOf<'lockout/get'>> => this.call('lockout/get'),
    /** Clears the failures of one user (name, number or user key), or of all. For administrators. */
    reset: (user?: string): Promise<ResultOf<'lockout/reset'>> =>
      this.call('lockout/reset', user === undefined ? {} : { user }),
  };

  /** Calls a method of the protocol by its name (docs/json-rpc.md). Rejects with a BrokerError. */
  call<Name extends MethodName>(method: Name, params?: ParamsOf<Name>): Promise<ResultOf<Name>> {
    return this.#client.call(method, params);
  }

  status(): Promise<ResultOf<'status/get'>> {
    return this.call('status/get');
  }

  /** Sends one command in a context of its own, which is closed afterwards. */
  submit(command: Uint8Array, options: SubmitOptions = {}): Promise<SubmitResult> {
    return this.#contextCalls.submit({ command: base64(command), ...options });
  }

  /** Opens a context. `versions`: the TPM versions that the program can speak to. */
  async openContext(versions: readonly ('1.2' | '2.0')[] = ['1.2', '2.0']): Promise<Context> {
    return new Context(await this.call('context/open', { versions: [...versions] }), this.#contextCalls);
  }

  /**
   * Returns the broker's decisions from now on, after the `recent` last ones. Standard users get those about
   * themselves. The loop ends when the connection is closed here, and throws a BrokerError when the broker ends it.
   */
  events({ recent = 0 }: { readonly recent?: number } = {}): AsyncIterableIterator<NotificationOf<'event/raised'>> {
    const stream = new EventStream((each) => this.#streams.delete(each));
    if (this.#closed) stream.finish();
    else void this.#follow(stream, recent);
    return stream;
  }

  /** Ends the connection; its contexts, commands and TPM resources end with it. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#streams) stream.finish();
    this.#client.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  readonly #contextCalls: ContextCalls = {
    submit: async (params) => {
      const { response, ...result } = await this.call('command/submit', params);
      return { ...result, response: Uint8Array.from(Buffer.from(response, 'base64')) };
    },
    cancel: async (contextId) => void (await this.call('command/cancel', { contextId })),
    close: async (contextId) => void (await this.call('context/close', { contextId })),
  };

  /** One subscription serves every loop of the connection; a later loop asks for past events only. */
  async #follow(stream: EventStream, recent: number): Promise<void> {
    const isFirst = !this.#subscribed;
    if (isFirst) this.#listen();
    this.#streams.add(stream);
    try {
      stream.begin((await this.call('event/subscribe', { recent, follow: isFirst })).recent);
    } catch (error) {
      stream.finish(this.#closed ? undefined : error);
    }
  }

  #listen(): void {
    this.#subscribed = true;
    this.#client.onNotification('event/raised', (event) => {
      for (const stream of this.#streams) stream.push(event);
    });
    this.#client.untilEnded().catch((error: unknown) => {
      for (const stream of this.#streams) stream.finish(this.#closed ? undefined : error);
    });
  }
}
