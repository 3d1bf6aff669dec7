/** A virtualizer behind the broker's own exchange driver, with clients to send commands from. */
import assert from 'node:assert/strict';
import { ExchangeDriver } from '../../ts-core/application/commands/exchange-driver.js';
import type { TpmTransport } from '../../ts-core/application/ports/tpm-transport.js';
import type { Caller } from '../../ts-core/domain/caller.js';
import { responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import type { Exchange } from '../../ts-core/domain/tpm/exchange.js';
import type { TpmVersion } from '../../ts-core/domain/tpm/tpm-version.js';
import type { Virtualizer } from '../../ts-core/domain/virtualization/virtualizer.js';
import { FakeClock } from './fake-clock.js';
import { QuietEventLoop } from './quiet-event-loop.js';
import { quietLog } from './quiet-log.js';

export type Transmit = (command: Uint8Array) => Uint8Array | Promise<Uint8Array>;

const TIMEOUT_MS = 1000;

export class VirtualTpm<AnyVirtualizer extends Virtualizer = Virtualizer> {
  readonly virtualizer: AnyVirtualizer;
  /** The number of commands that went to the TPM. */
  roundTrips = 0;
  readonly #driver: ExchangeDriver;
  #nextContext = 1;

  protected constructor(version: TpmVersion, virtualizer: AnyVirtualizer, transmit: Transmit) {
    this.virtualizer = virtualizer;
    const transport: TpmTransport = {
      description: 'scripted',
      maxLocality: 0,
      cancellation: 'none',
      ownsTpm: false,
      isSoftwareTpm: true,
      onReset: undefined,
      transmit: async (command) => {
        this.roundTrips++;
        return await transmit(command);
      },
      cancel: () => Promise.resolve(),
      exposure: () => Promise.resolve([]),
      close: () => Promise.resolve(),
    };
    this.#driver = new ExchangeDriver(
      {
        version,
        transport,
        virtualizer,
        clock: new FakeClock(),
        log: quietLog(),
        eventLoop: new QuietEventLoop(),
        queue: { size: 0 },
      },
      () => undefined,
    );
  }

  client(userKey = 'uid:1000'): VirtualClient {
    const caller: Caller = { userKey, callerClass: userKey === 'uid:0' ? 'administrator' : 'standardUser' };
    const contextId = this.#nextContext++;
    this.virtualizer.openContext(contextId, caller);
    return new VirtualClient(this, contextId);
  }

  /** Executes a command as the dispatcher does: on the direct path, or by an exchange where that is not enough. */
  async execute(contextId: number, command: Uint8Array): Promise<Uint8Array> {
    const response = await this.#driver.executeDirect(
      { contextId, command, locality: 0, roundTrips: undefined },
      TIMEOUT_MS,
    );
    return response ?? (await this.run(() => this.virtualizer.execute(contextId, command)));
  }

  run<Result>(begin: () => Exchange<Result>): Promise<Result> {
    return this.#driver.drive(begin, { locality: 0, timeoutMs: TIMEOUT_MS });
  }
}

export class VirtualClient {
  readonly #tpm: VirtualTpm;

  constructor(
    tpm: VirtualTpm,
    readonly contextId: number,
  ) {
    this.#tpm = tpm;
  }

  send(bytes: Uint8Array): Promise<Uint8Array> {
    return this.#tpm.execute(this.contextId, bytes);
  }

  /** Sends a command by an exchange, even where the direct path would be enough. */
  exchange(bytes: Uint8Array): Promise<Uint8Array> {
    return this.#tpm.run(() => this.#tpm.virtualizer.execute(this.contextId, bytes));
  }

  /** Sends a command; resolves with the response code only. */
  async code(bytes: Uint8Array): Promise<number> {
    return responseCodeOf(await this.send(bytes));
  }

  /** Undoes a command that was cancelled after the TPM had answered it. */
  discard(bytes: Uint8Array, response: Uint8Array): Promise<void> {
    return this.#tpm.run(() => this.#tpm.virtualizer.discard(this.contextId, bytes, response));
  }

  close(): Promise<void> {
    return this.#tpm.run(() => this.#tpm.virtualizer.closeContext(this.contextId));
  }
}

/** Makes a transport able to lose the n-th command or response of some work, which must then fail. */
export function losingTransport(answer: (command: Uint8Array) => Uint8Array) {
  const failure: { lost: 'command' | 'response' | undefined; after: number } = { lost: undefined, after: 0 };
  const transmit = (command: Uint8Array) => {
    const fails = failure.lost !== undefined && failure.after-- === 0;
    if (fails && failure.lost === 'command') throw new Error('the command was lost');
    const response = answer(command);
    if (fails) throw new Error('the response was lost');
    return response;
  };
  const losing = async (lost: 'command' | 'response', work: () => Promise<unknown>, after = 0) => {
    Object.assign(failure, { lost, after });
    await assert.rejects(work(), /was lost/);
    failure.lost = undefined;
  };
  return { transmit, losing };
}
