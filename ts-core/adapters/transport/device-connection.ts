/**
 * An open TPM character device: one command per write, one response per read.
 *
 * The device is opened non-blocking, so /dev/tpmN runs the command in the background. Until the response is ready, a
 * read returns no bytes or waits inside the kernel (drivers/char/tpm/tpm-dev-common.c), so reads run in the thread
 * pool. A terminal returns EAGAIN, or the response in pieces. Reads are repeated, at first immediately and then with
 * increasing pauses that stay short compared with the command's own duration.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { isatty } from 'node:tty';
import { ResponseAssembler } from './response-assembler.js';
import { errorCodeOf } from './transport-error.js';

const READ_BUFFER_BYTES = 16_384;
const LONGEST_PAUSE_MS = 10;
/** A pause is at most this fraction of the time waited so far. */
const PAUSE_FRACTION = 0.05;

export class DeviceConnection {
  readonly #buffer = new Uint8Array(READ_BUFFER_BYTES);
  readonly #assembler = new ResponseAssembler();
  readonly #isTerminal: boolean;
  #closing = false;
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
    this.#isTerminal = isatty(file.fd);
  }

  /** Opens the device. Rejects with the operating system's error. */
  static async open(path: string): Promise<DeviceConnection> {
    const flags = constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY;
    return new DeviceConnection(await open(path, flags));
  }

  /** Sends a command and waits for its response without a time limit. Rejects when the device fails or is closed. */
  async exchange(command: Uint8Array): Promise<Uint8Array> {
    await this.#write(command);
    const beganMs = performance.now();
    for (;;) {
      const length = await this.#read();
      if (length > 0) {
        const result = this.#assembler.push(this.#buffer, length);
        if (result.kind === 'whole') return result.response;
        if (result.kind === 'fault') throw new Error(`its response is malformed: ${result.reason}`);
      } else {
        await pause(Math.min(LONGEST_PAUSE_MS, (performance.now() - beganMs) * PAUSE_FRACTION));
      }
      if (this.#closing) throw new Error('the device was closed');
    }
  }

  /** Discards bytes that arrived while no command was running, for instance after an earlier broker was killed. */
  async discardStale(): Promise<void> {
    if (!this.#isTerminal) return;
    while ((await this.#read()) > 0);
  }

  /** Returns whether the path still leads to the open device. */
  async isOf(path: string): Promise<boolean> {
    const named = await stat(path).catch(() => undefined);
    if (named === undefined) return false;
    const held = await this.#file.stat();
    return named.rdev === held.rdev && named.dev === held.dev && named.ino === held.ino;
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#file.close().catch(() => undefined);
  }

  async #write(command: Uint8Array): Promise<void> {
    for (let sent = 0; sent < command.length; ) {
      try {
        sent += (await this.#file.write(command, sent)).bytesWritten;
      } catch (error) {
        if (errorCodeOf(error) !== 'EAGAIN') throw error;
        await pause(1);
      }
    }
  }

  /** Returns the number of bytes read into the buffer; 0 while there are none. */
  async #read(): Promise<number> {
    try {
      const { bytesRead } = await this.#file.read(this.#buffer, 0, READ_BUFFER_BYTES, null);
      // A terminal without bytes returns EAGAIN; end of file means that the other side is gone.
      if (bytesRead === 0 && this.#isTerminal) throw new Error('the other side of the terminal is gone');
      return bytesRead;
    } catch (error) {
      if (errorCodeOf(error) === 'EAGAIN') return 0;
      throw error;
    }
  }
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => (delayMs < 1 ? setImmediate(resolve) : setTimeout(resolve, delayMs)));
}
