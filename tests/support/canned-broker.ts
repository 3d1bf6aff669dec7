/** A broker with the responses of a test, on its own socket, and `tbs` commands run against it in this process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createMessageConnection,
  type MessageConnection,
  ResponseError,
  SocketMessageReader,
  SocketMessageWriter,
} from 'vscode-jsonrpc/node';
import yargs, { type Argv } from 'yargs';
import { type CommonOptions, withCommonOptions } from '../../ts-core/cli/command.js';
import type { RpcMethod } from '../../ts-core/endpoints/rpc/protocol/method.js';

/** One run of `tbs`: its output, its exit code, and the calls that the broker received. */
export interface TbsRun {
  readonly output: string;
  readonly exitCode: number;
  readonly calls: readonly (readonly [method: string, params: unknown])[];
}

export class CannedBroker implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'canned-broker-'));
  readonly #answers = new Map<string, (params: unknown) => unknown>();
  readonly #calls: [string, unknown][] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  /** Called with each connection, for notifications. */
  onConnection: ((connection: MessageConnection) => void) | undefined;

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(): Promise<CannedBroker> {
    const broker = new CannedBroker();
    await new Promise<void>((resolve) => broker.#server.listen(broker.#socketPath, resolve));
    return broker;
  }

  get folder(): string {
    return this.#folder;
  }

  /** Sets the answer to a method. A function is called with the parameters; an exception becomes the error. */
  answers({ name }: RpcMethod, answer: unknown): void {
    this.#answers.set(name, typeof answer === 'function' ? (answer as (params: unknown) => unknown) : () => answer);
  }

  /** Runs one command; rejects with its failure. */
  async tbs(add: (base: Argv<CommonOptions>) => unknown, ...args: readonly string[]): Promise<TbsRun> {
    this.#calls.length = 0;
    const written: string[] = [];
    const { write } = process.stdout;
    const { exitCode } = process;
    const base = withCommonOptions(yargs([...args, '--socket', this.#socketPath]).scriptName('tbs'));
    add(base as Argv<CommonOptions>);
    base.strict().exitProcess(false);
    base.fail((message: string | null, error: Error | undefined) => {
      throw error ?? new Error(message ?? 'wrong usage');
    });
    process.stdout.write = (text: string | Uint8Array) => {
      written.push(typeof text === 'string' ? text : Buffer.from(text).toString('latin1'));
      return true;
    };
    try {
      await base.parseAsync();
      return { output: written.join(''), exitCode: Number(process.exitCode ?? 0), calls: [...this.#calls] };
    } finally {
      process.stdout.write = write;
      process.exitCode = exitCode;
    }
  }

  /** The calls of the last run, also if it failed. */
  get calls(): readonly (readonly [string, unknown])[] {
    return this.#calls;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#folder, { recursive: true });
  }

  get #socketPath(): string {
    return join(this.#folder, 'rpc.sock');
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    const connection = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
    connection.onRequest((method: string, params: unknown) => {
      this.#calls.push([method, params]);
      const answer = this.#answers.get(method);
      if (answer === undefined) return new ResponseError(-32601, `no answer to ${method}`);
      return answer(params);
    });
    connection.listen();
    this.onConnection?.(connection);
  }
}

/** Returns a refusal as the broker sends it. */
export function refusal(symbol: string, message: string): ResponseError<unknown> {
  return new ResponseError(-1, message, { symbol, action: 'Do something about it.', details: {} });
}

export function parsed(text: string): unknown {
  return JSON.parse(text);
}
