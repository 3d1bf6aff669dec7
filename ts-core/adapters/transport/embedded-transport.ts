/**
 * A software TPM that the broker runs itself: starts swtpm with persistent state, restarts it when it dies, and ends
 * it.
 *
 * The broker sends TPM2_Startup and TPM2_Shutdown; this transport sends the TPM no commands of its own.
 */
import type { ByteStreamOpener } from '../../application/ports/event-loop.js';
import type { Log } from '../../application/ports/logs.js';
import type { TpmTransport, TransmitOptions } from '../../application/ports/tpm-transport.js';
import { SwtpmProcess } from './swtpm-process.js';
import { SwtpmTransport } from './swtpm-transport.js';
import { reasonOf, transportError } from './transport-error.js';
import type { EmbeddedTransportOptions } from './transport-options.js';

const START_TIMEOUT_MS = 10_000;
const RETRY_MS = 5;
/** If swtpm ran for less than this, what ended it will probably happen again. */
const SHORT_LIFE_MS = 10_000;
const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 30_000;
const SHUTDOWN_GRACE_MS = 3_000;

export class EmbeddedTransport implements TpmTransport {
  readonly description: string;
  readonly cancellation = 'controlChannel';
  readonly ownsTpm = true;
  readonly isSoftwareTpm = true;
  onReset: (() => void) | undefined;
  onDisturbed: (() => void) | undefined;

  readonly #process: SwtpmProcess;
  #socket: SwtpmTransport | undefined;
  /** Resolves when swtpm is running and answers; shared by everyone who waits for it. */
  #starting: Promise<SwtpmTransport> | undefined;
  #startedAtMs = 0;
  #shortLives = 0;
  #closed = false;
  /** Ends the pause before a restart, so that closing does not wait for it. */
  #endPause: () => void = () => {};
  readonly #log: Log;
  readonly #openByteStream: ByteStreamOpener | undefined;

  constructor(options: EmbeddedTransportOptions, log: Log, openByteStream?: ByteStreamOpener) {
    this.#log = log;
    this.#openByteStream = openByteStream;
    this.description = `embedded TPM ${options.tpmVersion} (swtpm, state in ${options.stateDirectory})`;
    this.#process = new SwtpmProcess(options);
    this.#process.onExit = () => this.#processEnded();
  }

  get maxLocality(): number {
    return this.#socket?.maxLocality ?? 0;
  }

  /**
   * Starts swtpm for the first time. Throws TBS_E_TPM_NOT_FOUND (not installed), TBS_E_IOERROR or TBS_E_BAD_PARAMETER.
   */
  async open(): Promise<void> {
    await this.#process.prepare();
    const { dataPath, controlPath } = this.#process;
    const socket = new SwtpmTransport(
      { kind: 'swtpm', data: { path: dataPath }, control: { path: controlPath } },
      this.#log,
      this.#openByteStream,
    );
    socket.onReset = () => this.onReset?.();
    socket.onDisturbed = () => this.onDisturbed?.();
    this.#socket = socket;
    try {
      await this.#ensureStarted(socket);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  transmit(command: Uint8Array, options: TransmitOptions): Promise<Uint8Array> {
    const socket = this.#socket;
    if (socket === undefined || this.#closed) {
      return Promise.reject(transportError(this.description, 'the transport was closed'));
    }
    if (this.#process.isRunning && this.#starting === undefined) return socket.transmit(command, options);
    return this.#transmitWhenStarted(socket, command, options);
  }

  cancel(): Promise<void> {
    return this.#socket?.cancel() ?? Promise.resolve();
  }

  /** The sockets are in a folder that only the broker's user may enter. */
  exposure(): Promise<readonly string[]> {
    return this.#socket?.exposure() ?? Promise.resolve([]);
  }

  async reset(): Promise<void> {
    if (this.#socket === undefined) throw transportError(this.description, 'the transport was closed');
    await (await this.#ensureStarted(this.#socket)).reset();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#endPause();
    await this.#starting?.catch(() => undefined);
    if (this.#process.isRunning) {
      await this.#socket?.shutDownTpm().catch((cause) => {
        this.#log.warn(
          { transport: this.description, reason: reasonOf(cause) },
          'swtpm did not accept the shutdown command',
        );
      });
    }
    await this.#socket?.close();
    await this.#process.waitForEnd(SHUTDOWN_GRACE_MS);
    await this.#process.cleanUp();
  }

  async #transmitWhenStarted(
    socket: SwtpmTransport,
    command: Uint8Array,
    options: TransmitOptions,
  ): Promise<Uint8Array> {
    const before = performance.now();
    await this.#startedWithin(socket, options.timeoutMs);
    const timeoutMs = Math.max(1, options.timeoutMs - (performance.now() - before));
    return socket.transmit(command, { locality: options.locality, timeoutMs });
  }

  #startedWithin(socket: SwtpmTransport, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const expired = () =>
        reject(transportError(this.description, `swtpm is not running: ${this.#process.lastOutput}`));
      const timer = setTimeout(expired, timeoutMs);
      this.#ensureStarted(socket)
        .then(() => resolve(), reject)
        .finally(() => clearTimeout(timer));
    });
  }

  #ensureStarted(socket: SwtpmTransport): Promise<SwtpmTransport> {
    if (this.#starting === undefined) {
      if (this.#process.isRunning) return Promise.resolve(socket);
      this.#starting = this.#start(socket).finally(() => {
        this.#starting = undefined;
      });
    }
    return this.#starting;
  }

  async #start(socket: SwtpmTransport): Promise<SwtpmTransport> {
    const backoffMs =
      this.#shortLives < 2 ? 0 : Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (this.#shortLives - 2));
    if (backoffMs > 0) await this.#pauseUnlessClosed(backoffMs);
    if (this.#closed) throw transportError(this.description, 'the transport was closed');
    this.#startedAtMs = performance.now();
    await this.#process.start();
    await this.#untilConnected(socket);
    return socket;
  }

  #pauseUnlessClosed(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #untilConnected(socket: SwtpmTransport): Promise<void> {
    for (;;) {
      try {
        await socket.connectNow(START_TIMEOUT_MS);
        return;
      } catch (cause) {
        const waitedMs = performance.now() - this.#startedAtMs;
        if (this.#process.isRunning && waitedMs < START_TIMEOUT_MS) await pause(RETRY_MS);
        else throw transportError(this.description, `swtpm did not start: ${this.#process.lastOutput}`, cause);
      }
    }
  }

  /** Restarts swtpm immediately, so that the broker can restore the TPM before the next caller needs it. */
  #processEnded(): void {
    if (this.#closed || this.#socket === undefined) return;
    const shortLife = performance.now() - this.#startedAtMs < SHORT_LIFE_MS;
    this.#shortLives = shortLife ? this.#shortLives + 1 : 0;
    this.#log.error(
      { transport: this.description, output: this.#process.lastOutput },
      'swtpm ended; starting it again',
    );
    if (this.#starting !== undefined) return;
    this.#ensureStarted(this.#socket).catch((cause) => {
      this.#log.error({ transport: this.description, reason: reasonOf(cause) }, 'cannot start swtpm again');
    });
  }
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
