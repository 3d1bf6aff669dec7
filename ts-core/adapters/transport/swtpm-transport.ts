/**
 * A TPM behind swtpm's sockets: commands use the data channel, which stays connected, and everything else uses the
 * control channel.
 *
 * swtpm serves one data client and one control client at a time, so nobody else is served while the broker is
 * connected. Invariants: only one command is in flight; a connection whose command timed out is dropped, so that a late
 * response is never mistaken for that of the next command; a cancel is acknowledged before the next command is sent, so
 * that it cannot cancel that one.
 */
import type { ByteStreamOpener } from '../../application/ports/event-loop.js';
import type { Log } from '../../application/ports/logs.js';
import type { TpmTransport, TransmitOptions } from '../../application/ports/tpm-transport.js';
import { TbsError } from '../../domain/tbs-error.js';
import { ASK_TPM12, ASK_TPM20, needsStartup, versionOfResponse } from '../../domain/tpm/startup-state.js';
import { CommandDeadline } from './command-deadline.js';
import { ResponseAssembler } from './response-assembler.js';
import { socketExposure } from './socket-exposure.js';
import { StreamConnection } from './stream-connection.js';
import { SwtpmControlChannel } from './swtpm-control-channel.js';
import { reasonOf, transportError } from './transport-error.js';
import { describeAddress, type SwtpmTransportOptions } from './transport-options.js';
import { WaitInPlace } from './wait-in-place.js';

/** The highest locality to request from the control channel; locality 4 belongs to the processor's dynamic launch. */
const MAX_LOCALITY = 3;
/** Time-out of a control request that no command's own time-out bounds. */
const CONTROL_TIMEOUT_MS = 5_000;

interface RunningCommand {
  readonly command: Uint8Array;
  readonly timeoutMs: number;
  readonly resolve: (response: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

export class SwtpmTransport implements TpmTransport {
  readonly description: string;
  readonly maxLocality: number;
  readonly cancellation: 'controlChannel' | 'none';
  readonly ownsTpm: boolean = false;
  readonly isSoftwareTpm = true;
  onReset: (() => void) | undefined;
  onDisturbed: (() => void) | undefined;

  #data: StreamConnection | undefined;
  #control: SwtpmControlChannel | undefined;
  #running: RunningCommand | undefined;
  readonly #assembler = new ResponseAssembler();
  readonly #deadline = new CommandDeadline(() => this.#timedOut());
  readonly #waits = new WaitInPlace();
  /** The locality that is set in swtpm; undefined when unknown. */
  #locality: number | undefined;
  #cancelAcknowledged: Promise<void> | undefined;
  /** swtpm runs with `--server …,disconnect`, so each command needs its own connection. */
  #closesAfterResponse = false;
  #answersOnConnection = 0;
  /** Shared by everyone who needs the connections, so that there is never more than one of each kind. */
  #connecting: Promise<void> | undefined;
  #wasConnected = false;
  #mayHaveRestarted: 'no' | 'perhaps' | 'yes' = 'no';
  #isTpm12 = false;
  #closed = false;
  readonly #options: SwtpmTransportOptions;
  readonly #log: Log;
  readonly #openByteStream: ByteStreamOpener | undefined;

  constructor(options: SwtpmTransportOptions, log: Log, openByteStream?: ByteStreamOpener) {
    this.#options = options;
    this.#log = log;
    this.#openByteStream = openByteStream;
    this.description = `swtpm ${describeAddress(options.data)}`;
    this.maxLocality = options.control === undefined ? 0 : MAX_LOCALITY;
    this.cancellation = options.control === undefined ? 'none' : 'controlChannel';
  }

  transmit(command: Uint8Array, options: TransmitOptions): Promise<Uint8Array> {
    const ready =
      this.#data !== undefined &&
      this.#running === undefined &&
      this.#locality === options.locality &&
      this.#cancelAcknowledged === undefined;
    return ready
      ? this.#exchange(command, options.timeoutMs, options.whileTpmWorks)
      : this.#prepareAndExchange(command, options);
  }

  cancel(): Promise<void> {
    const control = this.#control;
    if (control === undefined || this.#running === undefined || this.#cancelAcknowledged !== undefined) {
      return Promise.resolve();
    }
    const acknowledged = control.cancelTpmCommand(this.#running.timeoutMs + CONTROL_TIMEOUT_MS);
    this.#cancelAcknowledged = acknowledged
      .catch((cause) =>
        this.#log.warn({ transport: this.description, reason: reasonOf(cause) }, 'the TPM did not accept a cancel'),
      )
      .finally(() => {
        this.#cancelAcknowledged = undefined;
      });
    return Promise.resolve();
  }

  async exposure(): Promise<readonly string[]> {
    const addresses = [this.#options.data, ...(this.#options.control === undefined ? [] : [this.#options.control])];
    return (await Promise.all(addresses.map(socketExposure))).flat();
  }

  /** Sends TPM_Init through the control channel. Does not call `onReset`, since the caller knows about the reset. */
  async reset(): Promise<void> {
    try {
      await this.#connect(performance.now() + CONTROL_TIMEOUT_MS);
      if (this.#control === undefined) throw new Error('no control channel is configured');
      await this.#control.initialize(CONTROL_TIMEOUT_MS);
      this.#locality = undefined;
    } catch (cause) {
      throw transportError(this.description, `TPM_Init failed: ${reasonOf(cause)}`, cause);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#deadline.close();
    this.#dropData();
    this.#dropControl();
    this.#fail('the transport was closed');
  }

  /**
   * Connects now rather than at the next command, so that a restart is noticed now. Rejects with the system's error.
   */
  connectNow(timeoutMs: number): Promise<void> {
    return this.#connect(performance.now() + timeoutMs);
  }

  /** Ends swtpm through the control channel, and with it the connections. */
  async shutDownTpm(): Promise<void> {
    await this.#connect(performance.now() + CONTROL_TIMEOUT_MS);
    await this.#control?.shutdown(CONTROL_TIMEOUT_MS);
  }

  #exchange(command: Uint8Array, timeoutMs: number, whileTpmWorks?: () => boolean): Promise<Uint8Array> {
    if (this.#running !== undefined)
      return Promise.reject(transportError(this.description, 'another command is running'));
    return new Promise((resolve, reject) => {
      const running = { command, timeoutMs, resolve, reject };
      this.#running = running;
      this.#deadline.start(timeoutMs);
      this.#waits.begin(command);
      this.#data?.write(command);
      const othersWait = whileTpmWorks?.() ?? false;
      // The response may have arrived in the meantime.
      if (this.#running !== running || this.#waits.waitMicroseconds === 0) return;
      const spinMicroseconds = this.#waits.spin(othersWait);
      this.#data?.awaitInPlace(spinMicroseconds, this.#waits.waitMicroseconds - spinMicroseconds);
    });
  }

  async #prepareAndExchange(command: Uint8Array, options: TransmitOptions): Promise<Uint8Array> {
    if (this.#closed) throw transportError(this.description, 'the transport was closed');
    const deadlineMs = performance.now() + options.timeoutMs;
    try {
      if (this.#cancelAcknowledged !== undefined) await within(this.#cancelAcknowledged, deadlineMs);
      await this.#connect(deadlineMs);
      await this.#useLocality(options.locality, deadlineMs);
    } catch (cause) {
      this.#dropData();
      throw cause instanceof TbsError ? cause : transportError(this.description, reasonOf(cause), cause);
    }
    return this.#exchange(command, remainingMs(deadlineMs), options.whileTpmWorks);
  }

  async #useLocality(locality: number, deadlineMs: number): Promise<void> {
    if (this.#locality === locality) return;
    if (this.#control === undefined) throw new Error(`locality ${locality} needs the control channel`);
    await this.#control.setLocality(locality, remainingMs(deadlineMs));
    this.#locality = locality;
  }

  /** Opens missing connections, sends TPM_Init if that has not been done, and detects a restart. */
  #connect(deadlineMs: number): Promise<void> {
    this.#connecting ??= this.#connectOnce(deadlineMs).finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connectOnce(deadlineMs: number): Promise<void> {
    if (this.#options.control !== undefined && this.#control === undefined) await this.#connectControl(deadlineMs);
    if (this.#data === undefined) await this.#connectData(deadlineMs);
    if (this.#mayHaveRestarted !== 'no') await this.#settleRestart(deadlineMs);
    if (this.#data === undefined) await this.#connectData(deadlineMs);
    this.#wasConnected = true;
  }

  async #connectControl(deadlineMs: number): Promise<void> {
    if (this.#options.control === undefined) return;
    const control = await SwtpmControlChannel.connect(this.#options.control, remainingMs(deadlineMs));
    this.#control = control;
    this.#locality = undefined;
    control.onLost = (how) => {
      this.#control = undefined;
      this.#locality = undefined;
      this.#closesAfterResponse = false;
      if (how === 'closedByPeer') this.#mayHaveRestarted = 'yes';
      else if (this.#mayHaveRestarted === 'no') this.#mayHaveRestarted = 'perhaps';
      if (this.#running === undefined) this.onDisturbed?.();
    };
    if (!(await control.isTpmInitialized(remainingMs(deadlineMs)))) {
      await control.initialize(remainingMs(deadlineMs));
      if (this.#wasConnected) this.#mayHaveRestarted = 'yes';
    }
  }

  async #connectData(deadlineMs: number): Promise<void> {
    this.#assembler.reset();
    this.#answersOnConnection = 0;
    const events = {
      onBytes: (buffer: Uint8Array, length: number) => this.#take(buffer, length),
      onLost: (error: Error | undefined) => this.#dataLost(error),
    };
    this.#data = await StreamConnection.connect(
      this.#options.data,
      remainingMs(deadlineMs),
      events,
      this.#openByteStream,
    );
    if (this.#options.control === undefined) this.#locality = 0;
  }

  /**
   * Calls `onReset` if swtpm was restarted after a lost connection or, if that is uncertain, if the TPM waits for
   * Startup.
   */
  async #settleRestart(deadlineMs: number): Promise<void> {
    const certain = this.#mayHaveRestarted === 'yes';
    const question = this.#isTpm12 ? ASK_TPM12 : ASK_TPM20;
    const restarted = certain || needsStartup(await this.#exchange(question, remainingMs(deadlineMs)));
    this.#mayHaveRestarted = 'no';
    if (!restarted || !this.#wasConnected) return;
    this.#log.warn({ transport: this.description }, 'the TPM was restarted; its volatile state is gone');
    this.onReset?.();
  }

  #take(buffer: Uint8Array, length: number): void {
    const running = this.#running;
    if (running === undefined) {
      this.#distrust('it sent unexpected bytes');
      return;
    }
    const result = this.#assembler.push(buffer, length);
    if (result.kind === 'whole') this.#answer(running, result.response);
    else if (result.kind === 'fault') this.#distrust(`its response is malformed: ${result.reason}`);
  }

  #answer(running: RunningCommand, response: Uint8Array): void {
    this.#running = undefined;
    this.#deadline.end();
    this.#waits.end();
    this.#answersOnConnection++;
    this.#isTpm12 = versionOfResponse(response) === '1.2';
    if (this.#closesAfterResponse) this.#dropData();
    running.resolve(response);
  }

  #dataLost(error: Error | undefined): void {
    const partOfResponse = !this.#assembler.isEmpty;
    const answers = this.#answersOnConnection;
    this.#data = undefined;
    if (this.#running !== undefined && answers === 1 && !partOfResponse && this.#control !== undefined) {
      this.#resendIfConnectionsAreForOneCommand(this.#running, error);
      return;
    }
    if (this.#running === undefined && answers === 1) this.#closesAfterResponse = true;
    if (this.#options.control === undefined) {
      this.#mayHaveRestarted = 'perhaps';
      // If swtpm closes after each response, it is not gone.
      if (this.#running === undefined && !this.#closesAfterResponse) this.onDisturbed?.();
    }
    this.#fail(error === undefined ? 'swtpm closed the connection' : reasonOf(error), error);
  }

  /**
   * With `disconnect`, swtpm closes the connection after its response, without reading the command that is already on
   * its way. If the control channel still answers over the same connection, swtpm has neither died nor run the command.
   */
  #resendIfConnectionsAreForOneCommand(running: RunningCommand, error: Error | undefined): void {
    const control = this.#control;
    const resend = async () => {
      await control?.isTpmInitialized(CONTROL_TIMEOUT_MS);
      if (this.#running !== running) return;
      this.#closesAfterResponse = true;
      await this.#connectData(performance.now() + running.timeoutMs);
      if (this.#running === running) this.#data?.write(running.command);
    };
    resend().catch((cause) => {
      if (this.#running === running) this.#fail(`swtpm closed the connection: ${reasonOf(error ?? cause)}`, cause);
    });
  }

  #timedOut(): void {
    const running = this.#running;
    if (running === undefined) return;
    this.#dropData();
    this.#fail(`it did not answer within ${Math.round(running.timeoutMs)} ms, or it serves another client`);
  }

  #distrust(reason: string): void {
    this.#dropData();
    this.#fail(reason);
  }

  #fail(reason: string, cause?: unknown): void {
    const running = this.#running;
    this.#running = undefined;
    this.#assembler.reset();
    this.#deadline.end();
    if (running === undefined) return;
    this.#log.warn({ transport: this.description, reason }, 'the TPM did not answer a command');
    running.reject(transportError(this.description, reason, cause));
  }

  #dropData(): void {
    this.#data?.destroy();
    this.#data = undefined;
  }

  #dropControl(): void {
    if (this.#control === undefined) return;
    this.#control.onLost = undefined;
    this.#control.close();
    this.#control = undefined;
  }
}

/** Returns the milliseconds until a deadline, at least 1, so that every operation gets a chance. */
function remainingMs(deadlineMs: number): number {
  return Math.max(1, deadlineMs - performance.now());
}

function within(promise: Promise<void>, deadlineMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('a cancel was not acknowledged in time')), remainingMs(deadlineMs));
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
