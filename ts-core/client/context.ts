import type { ParamsOf, ResultOf } from '../endpoints/rpc/protocol/types-by-method.js';

export interface SubmitOptions {
  /** 0 unless set; above 0 for administrators only. */
  readonly locality?: number;
  /** TBS_COMMAND_PRIORITY: 100 low, 200 normal (the default), 300 high. */
  readonly priority?: number;
  /** Cancels the command if it is still in the queue after so many milliseconds. */
  readonly deadlineMs?: number;
}

/** The TPM's response to a command, with `response` as bytes. */
export interface SubmitResult extends Omit<ResultOf<'command/submit'>, 'response'> {
  readonly response: Uint8Array;
}

/** What a context needs of its connection.
 * @internal
 */
export interface ContextCalls {
  submit(params: ParamsOf<'command/submit'>): Promise<SubmitResult>;
  cancel(contextId: number): Promise<void>;
  close(contextId: number): Promise<void>;
}

/** One view of the TPM: handles that only this context has. It ends with the connection at the latest. */
export class Context {
  readonly id: number;
  readonly tpmVersion: '1.2' | '2.0';
  /** The largest command that the TPM accepts, in bytes. */
  readonly maxCommandBytes: number;
  readonly #calls: ContextCalls;

  /** @internal */
  constructor(opened: ResultOf<'context/open'>, calls: ContextCalls) {
    this.id = opened.contextId;
    this.tpmVersion = opened.tpmVersion;
    this.maxCommandBytes = opened.maxCommandBytes;
    this.#calls = calls;
  }

  /** Sends one command to the TPM. A response that is an error of the TPM is a result too: see `responseCode`. */
  submit(command: Uint8Array, options: SubmitOptions = {}): Promise<SubmitResult> {
    return this.#calls.submit({ contextId: this.id, command: base64(command), ...options });
  }

  /** Cancels every command of this context that has no response yet. */
  cancel(): Promise<void> {
    return this.#calls.cancel(this.id);
  }

  /** Closes the context and flushes what it holds in the TPM. */
  close(): Promise<void> {
    return this.#calls.close(this.id);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** @internal */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
