/** The service manager's end of sd_notify(3): receives what a daemon reports. Node.js has no sockets of this kind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Prints `bound`, and then each datagram as a line of JSON. */
const RECEIVER = `
import json, socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
print(json.dumps("bound"), flush=True)
while True:
    print(json.dumps(receiver.recv(65536).decode()), flush=True)
`;

export class ServiceManager {
  readonly #received: string[] = [];
  #waiting: (() => void)[] = [];

  private constructor(
    readonly folder: string,
    readonly process: ChildProcess,
  ) {
    createInterface({ input: process.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      this.#received.push(JSON.parse(line) as string);
      for (const check of this.#waiting.splice(0)) check();
    });
  }

  static async start(): Promise<ServiceManager> {
    const folder = mkdtempSync(join(tmpdir(), 'service-manager-'));
    const receiver = spawn('python3', ['-c', RECEIVER, join(folder, 'notify')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const manager = new ServiceManager(folder, receiver);
    await manager.receives('bound');
    return manager;
  }

  get env(): Readonly<Record<string, string>> {
    return { NOTIFY_SOCKET: join(this.folder, 'notify') };
  }

  /** Resolves with the first message that contains the text and has not been returned before. */
  async receives(text: string): Promise<string> {
    for (;;) {
      const index = this.#received.findIndex((message) => message.includes(text));
      if (index >= 0) return this.#received.splice(index, 1)[0] as string;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.process, 'close');
    this.process.kill();
    await ended;
    rmSync(this.folder, { recursive: true });
  }
}
