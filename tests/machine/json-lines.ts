import net from 'node:net';

export type JsonObject = Record<string, unknown>;

/** A connection to a Unix socket of qemu that carries one JSON object a line, as its monitor and its guest agent do. */
export class JsonLines {
  readonly #socket: net.Socket;
  readonly #received: JsonObject[] = [];
  #rest = '';
  #ended = false;
  #onChange: () => void = () => {};

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#receive(text));
    for (const event of ['error', 'close']) {
      socket.on(event, () => {
        this.#ended = true;
        this.#onChange();
      });
    }
  }

  static connect(path: string): Promise<JsonLines> {
    return new Promise((resolve, reject) => {
      const socket = net.connect(path);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new JsonLines(socket));
      });
    });
  }

  /** Sends an object. The agent drops what it has read of an earlier, unfinished request when it reads the byte 0xFF. */
  send(object: JsonObject, { afterReset = false } = {}): void {
    this.#socket.write(`${afterReset ? '\xff' : ''}${JSON.stringify(object)}\n`, 'latin1');
  }

  /** Returns the next object. Throws if none arrives in time or the connection ends. */
  async next(timeoutMs: number): Promise<JsonObject> {
    const object = await this.nextOrNone(timeoutMs);
    if (object === undefined) throw new Error(`no answer within ${timeoutMs.toFixed(0)} ms`);
    return object;
  }

  /** Returns the next object, or undefined if none arrives in time. Throws if the connection ends. */
  async nextOrNone(timeoutMs: number): Promise<JsonObject | undefined> {
    const endsAt = performance.now() + timeoutMs;
    for (;;) {
      const first = this.#received.shift();
      if (first !== undefined) return first;
      if (this.#ended) throw new Error('the connection to qemu has ended');
      const leftMs = endsAt - performance.now();
      if (leftMs <= 0) return undefined;
      await this.#change(leftMs);
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onChange = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #receive(text: string): void {
    const lines = (this.#rest + text.replaceAll('\xff', '')).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const object = parsed(line);
      if (object !== undefined) this.#received.push(object);
    }
    this.#onChange();
  }
}

/** Returns undefined for a line that is not JSON: the rest of an answer to a client that has disconnected. */
function parsed(line: string): JsonObject | undefined {
  try {
    return JSON.parse(Buffer.from(line, 'latin1').toString('utf8')) as JsonObject;
  } catch {
    return undefined;
  }
}
