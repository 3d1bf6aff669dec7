import { JsonLines, type JsonObject } from './json-lines.js';

const ANSWER_TIMEOUT_MS = 60_000;

/** The monitor of a running qemu (QMP): controls the machine and reports what happens to it. */
export class Monitor {
  readonly #lines: JsonLines;
  /** Events that arrived while an answer was awaited. */
  readonly #events: string[] = [];

  private constructor(lines: JsonLines) {
    this.#lines = lines;
  }

  static async connect(socketPath: string): Promise<Monitor> {
    const monitor = new Monitor(await JsonLines.connect(socketPath));
    await monitor.#lines.next(ANSWER_TIMEOUT_MS); // the greeting
    await monitor.execute('qmp_capabilities');
    return monitor;
  }

  async execute(command: string, parameters?: JsonObject): Promise<JsonObject> {
    this.#lines.send({ execute: command, ...(parameters && { arguments: parameters }) });
    for (;;) {
      const answer = await this.#lines.next(ANSWER_TIMEOUT_MS);
      if (answer['error'] !== undefined) throw new Error(`${command}: ${JSON.stringify(answer['error'])}`);
      if (answer['return'] !== undefined) return answer['return'] as JsonObject;
      this.#events.push(String(answer['event']));
    }
  }

  pressKey(qcode: string): Promise<JsonObject> {
    return this.execute('send-key', { keys: [{ type: 'qcode', data: qcode }] });
  }

  forgetEvents(): void {
    this.#events.length = 0;
  }

  /** Waits for an event that happened after the last `forgetEvents`. */
  async waitForEvent(name: string, timeoutMs: number): Promise<void> {
    const endsAt = performance.now() + timeoutMs;
    while (!this.#events.includes(name)) {
      const answer = await this.#lines.next(Math.max(1, endsAt - performance.now()));
      this.#events.push(String(answer['event']));
    }
  }

  close(): void {
    this.#lines.close();
  }
}
