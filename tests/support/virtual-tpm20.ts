/**
 * Drives a Tpm20Virtualizer as the dispatcher does (the short way first, then the exchange; a TPM that wants to be started
 * is started and the command repeated), with clients to send commands from.
 */
import type { Caller } from '../../ts-core/domain/caller.js';
import { responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import type { Exchange } from '../../ts-core/domain/tpm/exchange.js';
import type { ResourceLimits } from '../../ts-core/domain/virtualization/tpm20/quotas.js';
import { Tpm20Virtualizer } from '../../ts-core/domain/virtualization/tpm20/tpm20-virtualizer.js';
import type { VirtualizerSnapshot } from '../../ts-core/domain/virtualization/virtualizer.js';
import { command, u16 } from './tpm20-commands.js';

/** Small, so that tests reach them. */
export const TEST_LIMITS: ResourceLimits = {
  resourcesPerContext: 28,
  sessionsPerContext: 4,
  objectsPerUser: 100,
  abandonedSessionsPerUser: 4,
};

export type Transmit = (command: Uint8Array) => Uint8Array | Promise<Uint8Array>;

const INITIALIZE = 0x100;

export class VirtualTpm20 {
  readonly virtualizer: Tpm20Virtualizer;
  /** Commands that went to the TPM. */
  roundTrips = 0;
  #nextContext = 1;

  private constructor(
    private readonly transmit: Transmit,
    limits: ResourceLimits,
  ) {
    this.virtualizer = new Tpm20Virtualizer(limits);
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

  async execute(contextId: number, bytes: Uint8Array): Promise<Uint8Array> {
    const { direct } = this.virtualizer;
    const physical = direct.begin(contextId, bytes);
    if (physical) {
      let response: Uint8Array;
      try {
        response = await this.#transmit(physical);
      } catch (error) {
        direct.failed();
        throw error;
      }
      const completed = direct.complete(response);
      if (completed) return completed;
    }
    return await this.run(() => this.virtualizer.execute(contextId, bytes));
  }

  async run<Result>(begin: () => Exchange<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      const exchange = begin();
      const outcome = await this.#drive(exchange);
      if (outcome.done) return outcome.value;
      if (attempt > 2) throw new Error('the TPM resets again and again');
      await this.#transmit(command(0x144, u16(0)));
      this.virtualizer.tpmWasReset();
    }
  }

  async #drive<Result>(exchange: Exchange<Result>): Promise<{ done: true; value: Result } | { done: false }> {
    let step = exchange.next();
    while (step.done !== true) {
      let response: Uint8Array;
      try {
        response = await this.#transmit(step.value);
      } catch (error) {
        step = exchange.throw(error);
        continue;
      }
      const isStartup = step.value[9] === 0x44 && step.value[8] === 0x01;
      if (responseCodeOf(response) === INITIALIZE && !isStartup) {
        exchange.return(undefined as Result);
        return { done: false };
      }
      step = exchange.next(response);
    }
    return { done: true, value: step.value };
  }

  async #transmit(bytes: Uint8Array): Promise<Uint8Array> {
    this.roundTrips++;
    return await this.transmit(bytes);
  }
}

export class VirtualClient {
  constructor(
    private readonly tpm: VirtualTpm20,
    readonly contextId: number,
  ) {}

  send(bytes: Uint8Array): Promise<Uint8Array> {
    return this.tpm.execute(this.contextId, bytes);
  }

  /** The response code only. */
  async code(bytes: Uint8Array): Promise<number> {
    return responseCodeOf(await this.send(bytes));
  }

  close(): Promise<void> {
    return this.tpm.run(() => this.tpm.virtualizer.closeContext(this.contextId));
  }
}
