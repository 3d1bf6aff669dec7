/** A client of the real wire endpoint over a Node.js socket. Frames: docs/wire-protocol.md. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fields, hello, type Response, request, responsesIn, submit } from '../endpoints/wire/wire-client.js';
import { asUser, type TestUser } from './as-user.js';

export class WireClient implements Disposable {
  contextId = 0;
  #bytes: Buffer = Buffer.alloc(0);
  readonly #waiting = new Map<number, (response: Response) => void>();
  #nextId = 100;
  responseCount = 0;
  /** Result of the response for the connection as a whole (request id 0), if the broker has sent one. */
  refusal: number | undefined;

  private constructor(readonly socket: Socket) {
    socket.on('error', () => {});
    socket.on('data', (chunk) => this.#take(chunk));
  }

  /** Connects as the user, or as this process; sends nothing yet. */
  static async connect(path: string, user?: TestUser): Promise<WireClient> {
    const socket = user === undefined ? connect(path) : asUser(user, () => connect(path));
    const client = new WireClient(socket);
    await once(socket, 'connect');
    return client;
  }

  /** Connects, sends HELLO and opens a context. `versions`: 1 for TPM 1.2, 2 for 2.0, 3 for either. */
  static async open(path: string, user?: TestUser, versions = 2): Promise<WireClient> {
    const client = await WireClient.connect(path, user);
    client.socket.write(hello(1));
    const opened = await client.call(2, 0, fields(versions));
    assert.equal(opened.result, 0);
    client.contextId = opened.payload.readUInt32LE(0);
    return client;
  }

  call(operation: number, contextId: number, payload: Uint8Array): Promise<Response> {
    const id = this.#nextId++;
    this.socket.write(request(operation, id, contextId, payload));
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  /** Submits one TPM command; resolves with the response and the TBS result. */
  async submit(command: Uint8Array): Promise<{ result: number; response: Buffer }> {
    const id = this.#nextId++;
    this.socket.write(submit(id, this.contextId, command));
    const { result, payload } = await new Promise<Response>((resolve) => this.#waiting.set(id, resolve));
    return { result, response: payload.subarray(4) };
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    const { responses, rest } = responsesIn(this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]));
    this.#bytes = rest;
    this.responseCount += responses.length;
    for (const response of responses) {
      if (response.requestId === 0) this.refusal = response.result;
      this.#waiting.get(response.requestId)?.(response);
      this.#waiting.delete(response.requestId);
    }
  }
}
