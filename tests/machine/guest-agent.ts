import { setTimeout as wait } from 'node:timers/promises';
import { JsonLines, type JsonObject } from './json-lines.js';
import { TimeLimit } from './time-limit.js';

export interface Finished {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const ANSWER_SECONDS = 60;
/** Each check costs the guest processor time, which is scarce in emulation, so the pauses of a long command grow. */
const FIRST_LOOK_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
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

  /** Returns whether the agent answers within `seconds`. */
  async answers(seconds: number): Promise<boolean> {
    try {
      await this.#call('guest-ping', {}, seconds);
      return true;
    } catch {
      return false;
    }
  }

  /** Runs a bash command as root. Throws if it does not end in time. */
  async execute(command: string, seconds: number): Promise<Finished> {
    const { pid } = (await this.#call('guest-exec', {
      path: '/bin/bash',
      arg: ['-c', command],
      env: ENVIRONMENT,
      'capture-output': true,
    })) as { pid: number };
    let pauseMs = FIRST_LOOK_MS;
    for (const limit = new TimeLimit(seconds); ; ) {
      const state = await this.#call('guest-exec-status', { pid });
      if (state['exited'] === true) {
        const signal = state['signal'];
        return {
          status: typeof signal === 'number' ? 128 + signal : Number(state['exitcode']),
          stdout: decoded(state['out-data']),
          stderr: decoded(state['err-data']),
        };
      }
      if (limit.hasPassed) throw new Error(`still runs after ${limit}: ${command}`);
      await wait(pauseMs);
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.25);
    }
  }

  /** Starts a command without waiting for its end, such as the one that puts the guest to sleep. */
  async send(command: string): Promise<void> {
    await this.#call('guest-exec', { path: '/bin/bash', arg: ['-c', command], env: ENVIRONMENT });
  }

  async #call(name: string, parameters: JsonObject, seconds = ANSWER_SECONDS): Promise<JsonObject> {
    const limit = new TimeLimit(seconds);
    const lines = await JsonLines.connect(this.#socketPath);
    const next = async () => {
      const answer = limit.hasPassed ? undefined : await lines.nextOrNone(limit.leftMs);
      if (answer === undefined) throw new Error(`the guest's agent does not answer ${name} within ${limit}`);
      return answer;
    };
    try {
      const token = ++this.#lastToken;
      lines.send({ execute: 'guest-sync-delimited', arguments: { id: token } }, { afterReset: true });
      // Answers to earlier clients, which did not wait for them, may arrive first.
      while ((await next())['return'] !== token);
      lines.send({ execute: name, arguments: parameters });
      const answer = await next();
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
