/**
 * A small JSON-RPC client for tests, with Content-Length framing over a Unix socket and without code of the product.
 * A call rejects if the broker's answer violates the method's contract.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { requireContractedNotification, requireContractedResult } from './rpc-contract.js';

export class RpcFailure extends Error {
  constructor(
    readonly code: number,
    message: string,
    readonly data: { readonly symbol: string; readonly resultCode: number; readonly details: Record<string, unknown> },
  ) {
    super(`${data?.symbol ?? code}: ${message}`);
  }
}

interface Reply {
  readonly id?: number | null;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data: RpcFailure['data'] };
}

interface Waiter {
  readonly method: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class RpcClient {
  #buffer = Buffer.alloc(0);
  #lastId = 0;
  readonly #waiting = new Map<number, Waiter>();
  readonly notifications: { readonly method: string; readonly params: unknown }[] = [];
  /** Replies that answer no call: the broker reports broken framing with them. */
  readonly strays: Reply[] = [];

  private constructor(readonly socket: Socket) {
    socket.on('data', (data) => this.#onData(data));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the connection is closed'));
      this.#waiting.clear();
    });
  }

  static async connect(path: string): Promise<RpcClient> {
    const socket = connect(path);
    await once(socket, 'connect');
    return new RpcClient(socket);
  }

  call<Result = Record<string, unknown>>(method: string, params?: object): Promise<Result> {
    if (this.socket.destroyed) return Promise.reject(new Error('the connection is closed'));
    const id = ++this.#lastId;
    const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.set(id, { method, resolve: resolve as (value: unknown) => void, reject });
      this.socket.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    });
  }

  /** Opens a context for both TPM versions. */
  async open(): Promise<number> {
    return (await this.call<{ contextId: number }>('context/open', { versions: ['1.2', '2.0'] })).contextId;
  }

  /** Submits a command; resolves with the response. */
  async submit(contextId: number, command: Uint8Array, options: object = {}): Promise<Buffer> {
    const reply = await this.call<{ response: string }>('command/submit', {
      contextId,
      command: Buffer.from(command).toString('base64'),
      ...options,
    });
    return Buffer.from(reply.response, 'base64');
  }

  async closed(): Promise<void> {
    if (!this.socket.closed) await once(this.socket, 'close');
  }

  close(): void {
    this.socket.destroy();
  }

  #onData(data: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, data]);
    for (;;) {
      const end = this.#buffer.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/Content-Length: (\d+)/i.exec(this.#buffer.toString('latin1', 0, end))?.[1]);
      if (this.#buffer.length < end + 4 + length) return;
      const reply = JSON.parse(this.#buffer.toString('utf8', end + 4, end + 4 + length)) as Reply;
      this.#buffer = this.#buffer.subarray(end + 4 + length);
      this.#onReply(reply);
    }
  }

  #onReply(reply: Reply): void {
    if (reply.method !== undefined) {
      requireContractedNotification(reply.method, reply.params);
      this.notifications.push({ method: reply.method, params: reply.params });
      return;
    }
    const waiter = this.#waiting.get(reply.id ?? -1);
    if (waiter === undefined) {
      this.strays.push(reply);
      return;
    }
    this.#waiting.delete(reply.id ?? -1);
    if (reply.error === undefined) answer(waiter, reply.result);
    else waiter.reject(new RpcFailure(reply.error.code, reply.error.message, reply.error.data));
  }
}

function answer({ method, resolve, reject }: Waiter, result: unknown): void {
  try {
    requireContractedResult(method, result);
    resolve(result);
  } catch (error) {
    reject(error as Error);
  }
}
