import { setTimeout as wait } from 'node:timers/promises';
import { JsonLines, type JsonObject } from './json-lines.js';

export interface Finished {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const ANSWER_TIMEOUT_MS = 60_000;
const ENVIRONMENT = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'HOME=/root',
  'LANG=C.UTF-8',
  'DEBIAN_FRONTEND=noninteractive',
];

/** Runs programs in the guest through qemu-guest-agent, which needs neither a network nor a login. */
export class GuestAgent {
  readonly #socketPath: string;
  #lastToken = 0;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** Tells whether the agent answers within `timeoutMs`. */
  async answers(timeoutMs: number): Promise<boolean> {
    try {
      await this.#call('guest-ping', {}, timeoutMs);
      return true;
    } catch {
      return false;
    }
  }

  /** Runs a command of bash as root. Throws if it does not end in time. */
  async execute(command: string, timeoutMs: number): Promise<Finished> {
    const { pid } = (await this.#call('guest-exec', {
      path: '/bin/bash',
      arg: ['-c', command],
      env: ENVIRONMENT,
      'capture-output': true,
    })) as { pid: number };
    const endsAt = performance.now() + timeoutMs;
    for (;;) {
      const state = await this.#call('guest-exec-status', { pid });
      if (state['exited'] === true) {
        const signal = state['signal'];
        return {
          status: typeof signal === 'number' ? 128 + signal : Number(state['exitcode']),
          stdout: decoded(state['out-data']),
          stderr: decoded(state['err-data']),
        };
      }
      if (performance.now() > endsAt) throw new Error(`still runs after ${timeoutMs / 1000} s: ${command}`);
      await wait(100);
    }
  }

  /** Starts a command that answers nothing, such as the one that puts the guest to sleep. */
  async send(command: string): Promise<void> {
    await this.#call('guest-exec', { path: '/bin/bash', arg: ['-c', command], env: ENVIRONMENT });
  }

  async #call(name: string, parameters: JsonObject, timeoutMs = ANSWER_TIMEOUT_MS): Promise<JsonObject> {
    const lines = await JsonLines.connect(this.#socketPath);
    try {
      const token = ++this.#lastToken;
      lines.send({ execute: 'guest-sync-delimited', arguments: { id: token } }, { afterReset: true });
      // Answers to earlier clients that did not wait for them may come first.
      while ((await lines.next(timeoutMs))['return'] !== token);
      lines.send({ execute: name, arguments: parameters });
      const answer = await lines.next(timeoutMs);
      if (answer['error'] !== undefined) throw new Error(`${name}: ${JSON.stringify(answer['error'])}`);
      return answer['return'] as JsonObject;
    } finally {
      lines.close();
    }
  }
}

function decoded(base64: unknown): string {
  return typeof base64 === 'string' ? Buffer.from(base64, 'base64').toString('utf8') : '';
}
