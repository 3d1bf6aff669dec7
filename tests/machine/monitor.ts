import { JsonLines, type JsonObject } from './json-lines.js';
import { TimeLimit } from './time-limit.js';

const ANSWER_SECONDS = 60;

/** The monitor of a running qemu (QMP): controls the machine and reports what happens to it. */
export class Monitor {
  readonly #lines: JsonLines;
  /** Events that arrived before an awaited answer. */
  readonly #events: string[] = [];

  private constructor(lines: JsonLines) {
    this.#lines = lines;
  }

  static async connect(socketPath: string): Promise<Monitor> {
    const monitor = new Monitor(await JsonLines.connect(socketPath));
    await monitor.#lines.next(ANSWER_SECONDS * 1000); // the greeting
    await monitor.execute('qmp_capabilities');
    return monitor;
  }

  async execute(command: string, parameters?: JsonObject): Promise<JsonObject> {
    this.#lines.send({ execute: command, ...(parameters && { arguments: parameters }) });
    for (const limit = new TimeLimit(ANSWER_SECONDS); !limit.hasPassed; ) {
      const answer = await this.#lines.nextOrNone(limit.leftMs);
      if (answer === undefined) break;
      if (answer['error'] !== undefined) throw new Error(`${command}: ${JSON.stringify(answer['error'])}`);
      if (answer['return'] !== undefined) return answer['return'] as JsonObject;
      this.#events.push(String(answer['event']));
    }
    throw new Error(`qemu does not answer ${command} within ${ANSWER_SECONDS} s`);
  }

  /** Sends a command to qemu's human monitor, and returns the text of the answer. */
  async ask(commandLine: string): Promise<string> {
    return String(await this.execute('human-monitor-command', { 'command-line': commandLine }));
  }

  pressKey(qcode: string): Promise<JsonObject> {
    return this.execute('send-key', { keys: [{ type: 'qcode', data: qcode }] });
  }

  forgetEvents(): void {
    this.#events.length = 0;
  }

  /** Waits for an event that happened after the last `forgetEvents`. */
  async waitForEvent(name: string, seconds: number): Promise<void> {
    const limit = new TimeLimit(seconds);
    while (!this.#events.includes(name)) {
      const answer = await this.#lines.nextOrNone(limit.leftMs);
      if (answer !== undefined) this.#events.push(String(answer['event']));
      else if (limit.hasPassed) throw new Error(`qemu reports no ${name} within ${limit}`);
    }
  }

  close(): void {
    this.#lines.close();
  }
}
