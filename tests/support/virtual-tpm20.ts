/** A Tpm20Virtualizer behind the broker's own exchange driver, with clients to send commands from. */
import { ExchangeDriver } from '../../ts-core/application/commands/exchange-driver.js';
import type { TpmTransport } from '../../ts-core/application/ports/tpm-transport.js';
import type { Caller } from '../../ts-core/domain/caller.js';
import { responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import type { Exchange } from '../../ts-core/domain/tpm/exchange.js';
import type { ResourceLimits } from '../../ts-core/domain/virtualization/tpm20/quotas.js';
import { Tpm20Virtualizer } from '../../ts-core/domain/virtualization/tpm20/tpm20-virtualizer.js';
import type { VirtualizerSnapshot } from '../../ts-core/domain/virtualization/virtualizer.js';
import { FakeClock } from './fake-clock.js';
import { QuietEventLoop } from './quiet-event-loop.js';
import { quietLog } from './quiet-log.js';
import { ScriptedTpm20, type ScriptedTpmOptions } from './scripted-tpm20.js';

/** Limits that are small enough for tests to reach. */
export const TEST_LIMITS: ResourceLimits = {
  resourcesPerContext: 28,
  sessionsPerContext: 4,
  objectsPerUser: 100,
  abandonedSessionsPerUser: 4,
};

export type Transmit = (command: Uint8Array) => Uint8Array | Promise<Uint8Array>;

const TIMEOUT_MS = 1000;

export class VirtualTpm20 {
  readonly virtualizer: Tpm20Virtualizer;
  /** The number of commands that went to the TPM. */
  roundTrips = 0;
  readonly #driver: ExchangeDriver;
  #nextContext = 1;

  private constructor(transmit: Transmit, limits: ResourceLimits) {
    this.virtualizer = new Tpm20Virtualizer(limits);
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
        version: '2.0',
        transport,
        virtualizer: this.virtualizer,
        clock: new FakeClock(),
        log: quietLog(),
        eventLoop: new QuietEventLoop(),
        queue: { size: 0 },
      },
      () => undefined,
    );
  }

  static async start(
    transmit: Transmit,
    options: { readonly limits?: ResourceLimits; readonly previous?: VirtualizerSnapshot } = {},
  ): Promise<VirtualTpm20> {
    const tpm = new VirtualTpm20(transmit, options.limits ?? TEST_LIMITS);
    await tpm.run(() => tpm.virtualizer.start(options.previous));
    return tpm;
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

/** Starts a broker in front of a scripted TPM. */
export async function scriptedBroker(options: ScriptedTpmOptions = {}, limits = TEST_LIMITS) {
  const tpm = new ScriptedTpm20(options);
  const broker = await VirtualTpm20.start((bytes) => tpm.transmit(bytes), { limits });
  return { tpm, broker };
}

export class VirtualClient {
  readonly #tpm: VirtualTpm20;

  constructor(
    tpm: VirtualTpm20,
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

  close(): Promise<void> {
    return this.#tpm.run(() => this.#tpm.virtualizer.closeContext(this.contextId));
  }
}
