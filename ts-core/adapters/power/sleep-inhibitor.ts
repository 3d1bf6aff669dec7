/**
 * A delay lock on the machine's sleep, held by a child process: `systemd-inhibit`, which comes with logind, takes the
 * lock and holds it while its command runs, here a `cat` on our pipe. If the broker is killed, the pipe closes, so it
 * never delays a sleep that it cannot prepare for.
 *
 * It is a process because the lock is a file descriptor passed over D-Bus, which dbus-next receives only with a native
 * module that is not built for current Node.js.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Log } from '../../application/ports/logs.js';
import { RetryDelay } from '../../domain/retry-delay.js';

const ARGUMENTS = [
  '--what=sleep',
  '--mode=delay',
  '--who=tbsd',
  '--why=The state of the TPM is saved before the machine sleeps',
  'cat',
];
const HELD = '.';
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 600_000;

type Inhibitor = ChildProcessByStdio<Writable, Readable, Readable>;

export class SleepInhibitor {
  #child: Inhibitor | undefined;
  #closed = false;
  #retry: NodeJS.Timeout | undefined;
  #toldLoss = false;
  readonly #address: string | undefined;
  readonly #log: Log;
  readonly #retryDelay: RetryDelay;

  constructor(address: string | undefined, log: Log, firstRetryMs = FIRST_RETRY_MS) {
    this.#address = address;
    this.#log = log;
    this.#retryDelay = new RetryDelay(firstRetryMs, LONGEST_RETRY_MS);
  }

  /**
   * Resolves with whether the lock is held. Logs a failure, since a suspend then does not wait for the broker, and tries
   * again until `release`: logind may have been busy.
   */
  take(): Promise<boolean> {
    clearTimeout(this.#retry);
    if (this.#closed) return Promise.resolve(false);
    if (this.#child !== undefined) return Promise.resolve(true);
    // Otherwise systemd-inhibit would report its own readiness to the service manager, which expects only the broker's.
    const { NOTIFY_SOCKET: _, ...env } = process.env;
    if (this.#address !== undefined) env['DBUS_SYSTEM_BUS_ADDRESS'] = this.#address;
    const child = spawn('systemd-inhibit', ARGUMENTS, { stdio: ['pipe', 'pipe', 'pipe'], env });
    this.#child = child;
    child.unref();
    return new Promise((resolve) => {
      let output = '';
      child.stderr.on('data', (data) => {
        output = `${output}${String(data)}`.slice(-500);
      });
      // The output of `cat` proves that systemd-inhibit holds the lock and has started its command.
      child.stdout.once('data', () => {
        this.#held();
        resolve(true);
      });
      child.stdin.on('error', () => undefined);
      child.stdin.write(HELD);
      child.once('error', (error) => this.#lost(child, error.message, resolve));
      child.once('exit', () => this.#lost(child, output.trim(), resolve));
    });
  }

  /** Releases the lock, so that the machine can sleep. */
  release(): void {
    clearTimeout(this.#retry);
    const child = this.#child;
    this.#child = undefined;
    child?.stdin.end();
  }

  /** Releases the lock permanently: a child started later would keep the process from ending. */
  close(): void {
    this.#closed = true;
    this.release();
  }

  #lost(child: Inhibitor, reason: string, resolve: (held: boolean) => void): void {
    resolve(false);
    if (this.#child !== child) return;
    this.#child = undefined;
    if (!this.#toldLoss) {
      this.#log.warn({ reason }, 'no delay lock from logind: a suspend does not wait until the TPM’s state is saved');
    }
    this.#toldLoss = true;
    this.#retry = setTimeout(() => void this.take(), this.#retryDelay.next());
    this.#retry.unref();
  }

  #held(): void {
    this.#retryDelay.reset();
    if (this.#toldLoss) this.#log.info({}, 'the delay lock from logind is held again');
    this.#toldLoss = false;
  }
}
