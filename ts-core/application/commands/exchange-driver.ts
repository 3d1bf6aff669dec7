/**
 * Executes exchanges on the TPM, and restarts a TPM that was reset in the meantime. The dispatcher ensures that only
 * one exchange runs at a time.
 */
import { TbsError } from '../../domain/tbs-error.js';
import { commandCodeOf } from '../../domain/tpm/command-header.js';
import type { Exchange } from '../../domain/tpm/exchange.js';
import { needsStartup } from '../../domain/tpm/startup-state.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import { TPM_ORD } from '../../domain/tpm12/codes.js';
import { TPM_CC } from '../../domain/tpm20/codes.js';
import type { Virtualizer } from '../../domain/virtualization/virtualizer.js';
import type { RoundTrip } from '../ports/command-tracer.js';
import type { EventLoop } from '../ports/event-loop.js';
import type { Log } from '../ports/logs.js';
import type { Clock } from '../ports/operating-system.js';
import type { TpmTransport } from '../ports/tpm-transport.js';
import { startTpm } from '../power/start-tpm.js';
import type { PendingCommand } from './pending-command.js';

export interface ExchangeParts {
  readonly version: TpmVersion;
  readonly transport: TpmTransport;
  readonly virtualizer: Virtualizer;
  readonly clock: Clock;
  readonly log: Log;
  readonly eventLoop: EventLoop;
  readonly queue: { readonly size: number };
  /** Notified of the outcome of each command. */
  readonly presence?: TpmObserver | undefined;
}

export interface ExchangeOptions {
  readonly locality: number;
  /** For each command that is sent to the TPM. */
  readonly timeoutMs: number;
  /** Each round trip is added here. */
  readonly roundTrips?: RoundTrip[] | undefined;
}

export interface TpmObserver {
  answered(): void;
  failed(error: unknown): void;
  wasReset(): void;
}

export class ExchangeDriver {
  #tpmWasReset = false;
  /** The TPM was lost and has returned; which resources it still holds is unknown. */
  #tpmReturned = false;

  readonly #whileTpmWorks = (): boolean => {
    this.#answerHeld();
    this.#parts.eventLoop.takeRequests();
    return this.#parts.queue.size > 0;
  };

  readonly #parts: ExchangeParts;
  readonly #answerHeld: () => void;

  /** `answerHeld` is called whenever the TPM has just received a command. */
  constructor(parts: ExchangeParts, answerHeld: () => void) {
    this.#parts = parts;
    this.#answerHeld = answerHeld;
    parts.transport.onReset = () => {
      this.#tpmWasReset = true;
    };
    parts.transport.onReturned = () => {
      this.#tpmReturned = true;
    };
  }

  /**
   * Continues after a suspend. `restart` brings the TPM back and returns whether volatile state was lost; then the
   * tables are synchronised with the TPM.
   */
  async comeBack(restart: () => Promise<'kept' | 'lost'>, timeoutMs: number): Promise<void> {
    const { virtualizer } = this.#parts;
    const state = await restart();
    // If the transport noticed a reset meanwhile, `restart` has already handled it.
    this.#tpmWasReset = false;
    if (state === 'lost') virtualizer.tpmWasReset();
    await this.drive(() => virtualizer.resume(), { locality: 0, timeoutMs });
  }

  /** Runs a command that takes a single round trip. Returns null, without any effect, if it takes more than one. */
  async executeDirect(
    {
      contextId,
      command,
      locality,
      roundTrips,
    }: Pick<PendingCommand, 'contextId' | 'command' | 'locality' | 'roundTrips'>,
    timeoutMs: number,
  ): Promise<Uint8Array | null> {
    const { virtualizer, version, presence } = this.#parts;
    const { direct } = virtualizer;
    if (direct === undefined || this.#tpmWasReset || this.#tpmReturned) return null;
    const physical = direct.begin(contextId, command);
    if (physical === null) return null;
    let response: Uint8Array;
    try {
      response = await this.#transmit(physical, { locality, timeoutMs, roundTrips });
    } catch (error) {
      direct.failed();
      presence?.failed(error);
      throw error;
    }
    presence?.answered();
    if (needsStartup(response, version)) {
      direct.failed();
      this.#tpmWasReset = true;
      return null;
    }
    return direct.complete(response);
  }

  /**
   * Runs an exchange to its end. If the TPM answers that it needs to be started, it was reset. Starts it, clears the
   * tables, and runs the exchange again, since none of it was executed. A second reset is an error.
   */
  async drive<Result>(begin: () => Exchange<Result>, options: ExchangeOptions): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      if (this.#tpmWasReset) await this.#recoverFromReset();
      if (this.#tpmReturned) await this.#synchronize(options.timeoutMs);
      const outcome = await this.#driveOnce(begin(), options);
      if (outcome !== NEEDS_STARTUP) return outcome;
      if (attempt === 2)
        throw new TbsError('TBS_E_IOERROR', { message: 'The TPM was reset twice during one command.' });
      this.#tpmWasReset = true;
    }
  }

  async #driveOnce<Result>(
    exchange: Exchange<Result>,
    options: ExchangeOptions,
  ): Promise<Result | typeof NEEDS_STARTUP> {
    const { version, presence } = this.#parts;
    let step = exchange.next();
    while (step.done !== true) {
      let response: Uint8Array;
      try {
        response = await this.#transmit(step.value, options);
      } catch (error) {
        presence?.failed(error);
        step = exchange.throw(error);
        continue;
      }
      presence?.answered();
      if (needsStartup(response, version) && !isStartup(version, step.value)) {
        this.#abandon(exchange);
        return NEEDS_STARTUP;
      }
      step = exchange.next(response);
    }
    return step.value;
  }

  #transmit(command: Uint8Array, { locality, timeoutMs, roundTrips }: ExchangeOptions): Promise<Uint8Array> {
    const { transport, clock } = this.#parts;
    const startedAtMs = roundTrips === undefined ? 0 : clock.monotonicMs();
    const response = transport.transmit(command, { locality, timeoutMs, whileTpmWorks: this.#whileTpmWorks });
    // In case the transport did not call it: it had to reconnect, or waited through the event loop.
    this.#answerHeld();
    if (roundTrips === undefined) return response;
    const code = commandCodeOf(command);
    return response.finally(() => {
      roundTrips.push({ code, startedAtMs, durationMs: clock.monotonicMs() - startedAtMs });
    });
  }

  /** Ends an exchange whose TPM has lost everything. Errors that it throws while it ends add no information. */
  #abandon(exchange: Exchange<unknown>): void {
    try {
      exchange.return(undefined);
    } catch (error) {
      this.#parts.log.debug({ error }, 'the TPM’s reset ended an exchange');
    }
  }

  async #recoverFromReset(): Promise<void> {
    const { transport, version, virtualizer, presence, log } = this.#parts;
    log.warn({ transport: transport.description }, 'the TPM was reset: all objects and sessions of callers are gone');
    await startTpm(transport, version);
    this.#tpmWasReset = false;
    this.#tpmReturned = false;
    virtualizer.tpmWasReset();
    presence?.wasReset();
  }

  /** Synchronises the tables with the contents of a TPM that was unreachable for a while. */
  async #synchronize(timeoutMs: number): Promise<void> {
    const { virtualizer } = this.#parts;
    this.#tpmReturned = false;
    const outcome = await this.#driveOnce(virtualizer.resume(), { locality: 0, timeoutMs });
    if (outcome === NEEDS_STARTUP || this.#tpmWasReset) await this.#recoverFromReset();
  }
}

const NEEDS_STARTUP = Symbol('the TPM needs to be started');

function isStartup(version: TpmVersion, command: Uint8Array): boolean {
  return commandCodeOf(command) === (version === '2.0' ? TPM_CC.Startup : TPM_ORD.Startup);
}
