/**
 * swtpm's control channel: a separate socket for commands about the TPM rather than to it.
 *
 * Wire format (swtpm's tpm_ioctl.h): a command number and its parameters, answered by a 32-bit TPM result and, if that
 * is 0, the command's own fields; all big endian. swtpm serves one control client at a time, reads the channel only
 * between two TPM commands, and treats whatever one read returns as one request, so the next request is sent after the
 * reply.
 */
import { readUint32, writeUint32 } from '../../domain/tpm/command-header.js';
import { SWTPM_CONTROL } from '../../domain/tpm/swtpm-control.js';
import { TPM_RESULT } from '../../domain/tpm12/codes.js';
import { StreamConnection } from './stream-connection.js';
import type { SocketAddress } from './transport-options.js';

/** PTM_INIT_FLAG_DELETE_VOLATILE: a stored volatile state is not restored a second time. */
const INIT_DELETE_VOLATILE = 1;

const RESULT_BYTES = 4;
const MAX_REPLY_BYTES = 8192;

interface PendingRequest {
  readonly bytes: Uint8Array;
  /** Returns the length of the whole reply, given its first bytes; the reply to a failure is only the result. */
  readonly replyBytes: (reply: Uint8Array) => number;
  readonly resolve: (reply: Uint8Array) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class SwtpmControlChannel {
  /** Called once when the channel is gone. swtpm closes it only when it ends; `dropped` means that we dropped it. */
  onLost: ((how: 'closedByPeer' | 'dropped') => void) | undefined;
  #connection: StreamConnection | undefined;
  readonly #pending: PendingRequest[] = [];
  #received = new Uint8Array(0);

  private constructor() {}

  static async connect(address: SocketAddress, timeoutMs: number): Promise<SwtpmControlChannel> {
    const channel = new SwtpmControlChannel();
    channel.#connection = await StreamConnection.connect(address, timeoutMs, {
      onBytes: (buffer, length) => channel.#take(buffer.subarray(0, length)),
      onLost: (error) => channel.#fail(error ?? new Error('swtpm closed its control channel'), 'closedByPeer'),
    });
    return channel;
  }

  /** Returns whether TPM_Init has been done (`--flags not-need-init`, or CMD_INIT); has no side effects. */
  async isTpmInitialized(timeoutMs: number): Promise<boolean> {
    const reply = await this.#request(SWTPM_CONTROL.GET_TPMESTABLISHED, new Uint8Array(0), RESULT_BYTES + 4, timeoutMs);
    return readUint32(reply, 0) !== TPM_RESULT.BAD_ORDINAL;
  }

  /** Sends TPM_Init, the equivalent of a power cycle. The TPM loses its volatile state and waits for Startup. */
  initialize(timeoutMs: number): Promise<void> {
    const flags = new Uint8Array(4);
    writeUint32(flags, 0, INIT_DELETE_VOLATILE);
    return this.#command(SWTPM_CONTROL.INIT, 'CMD_INIT', timeoutMs, flags);
  }

  setLocality(locality: number, timeoutMs: number): Promise<void> {
    return this.#command(SWTPM_CONTROL.SET_LOCALITY, 'CMD_SET_LOCALITY', timeoutMs, Uint8Array.of(locality));
  }

  /** Resolves when swtpm has read the request, which single-threaded builds do only after the running command. */
  cancelTpmCommand(timeoutMs: number): Promise<void> {
    return this.#command(SWTPM_CONTROL.CANCEL_TPM_CMD, 'CMD_CANCEL_TPM_CMD', timeoutMs);
  }

  /** Saves the volatile state to its file, as before a migration or a suspend. */
  storeVolatile(timeoutMs: number): Promise<void> {
    return this.#command(SWTPM_CONTROL.STORE_VOLATILE, 'CMD_STORE_VOLATILE', timeoutMs);
  }

  /** Ends swtpm. */
  shutdown(timeoutMs: number): Promise<void> {
    return this.#command(SWTPM_CONTROL.SHUTDOWN, 'CMD_SHUTDOWN', timeoutMs);
  }

  /** Returns libtpms' JSON with `TPMSpecification` (bit 0), `TPMAttributes` (bit 1) … */
  async information(flags: number, timeoutMs: number): Promise<unknown> {
    const parameters = new Uint8Array(16);
    writeUint32(parameters, 4, flags);
    const lengthAt = 2 * RESULT_BYTES;
    const textAt = lengthAt + 4;
    const replyBytes = (reply: Uint8Array) => (reply.length < textAt ? textAt : textAt + readUint32(reply, lengthAt));
    const reply = await this.#request(SWTPM_CONTROL.GET_INFO, parameters, replyBytes, timeoutMs);
    checkResult(reply, 'CMD_GET_INFO');
    return JSON.parse(new TextDecoder().decode(reply.subarray(textAt)).replace(/\0+$/, ''));
  }

  close(): void {
    this.#connection?.destroy();
    this.#connection = undefined;
    this.#rejectAll(new Error('the control channel is closed'));
  }

  async #command(code: number, name: string, timeoutMs: number, parameters = new Uint8Array(0)): Promise<void> {
    checkResult(await this.#request(code, parameters, RESULT_BYTES, timeoutMs), name);
  }

  #request(
    code: number,
    parameters: Uint8Array,
    replyBytes: number | ((reply: Uint8Array) => number),
    timeoutMs: number,
  ): Promise<Uint8Array> {
    const connection = this.#connection;
    if (connection === undefined) return Promise.reject(new Error('the control channel is closed'));
    return new Promise((resolve, reject) => {
      // A late reply would be mistaken for that of the next request, so a time-out drops the channel.
      const timer = setTimeout(
        () => this.#fail(new Error(`the control channel did not answer within ${Math.round(timeoutMs)} ms`), 'dropped'),
        timeoutMs,
      );
      timer.unref();
      const bytes = new Uint8Array(4 + parameters.length);
      writeUint32(bytes, 0, code);
      bytes.set(parameters, 4);
      const replyLength = typeof replyBytes === 'number' ? () => replyBytes : replyBytes;
      this.#pending.push({ bytes, replyBytes: replyLength, resolve, reject, timer });
      if (this.#pending.length === 1) connection.write(bytes);
    });
  }

  #take(bytes: Uint8Array): void {
    const received = new Uint8Array(this.#received.length + bytes.length);
    received.set(this.#received);
    received.set(bytes, this.#received.length);
    this.#received = received;
    for (let request = this.#pending[0]; request !== undefined; request = this.#pending[0]) {
      if (this.#received.length < RESULT_BYTES) return;
      const replyBytes = readUint32(this.#received, 0) === 0 ? request.replyBytes(this.#received) : RESULT_BYTES;
      if (replyBytes > MAX_REPLY_BYTES) {
        this.#fail(new Error(`it announced ${replyBytes} bytes`), 'dropped');
        return;
      }
      if (this.#received.length < replyBytes) return;
      const reply = this.#received.slice(0, replyBytes);
      this.#received = this.#received.slice(replyBytes);
      this.#pending.shift();
      clearTimeout(request.timer);
      request.resolve(reply);
      const next = this.#pending[0];
      if (next !== undefined) this.#connection?.write(next.bytes);
    }
    if (this.#received.length > 0) this.#fail(new Error('it sent an unexpected reply'), 'dropped');
  }

  #fail(error: Error, how: 'closedByPeer' | 'dropped'): void {
    this.#connection?.destroy();
    this.#connection = undefined;
    this.#rejectAll(error);
    this.onLost?.(how);
  }

  #rejectAll(error: Error): void {
    for (const request of this.#pending.splice(0)) {
      clearTimeout(request.timer);
      request.reject(error);
    }
  }
}

function checkResult(reply: Uint8Array, name: string): void {
  const result = readUint32(reply, 0);
  if (result !== 0) throw new Error(`${name} was answered with 0x${result.toString(16)}`);
}
