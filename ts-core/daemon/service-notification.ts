/**
 * Notifies the service manager of the daemon's state (sd_notify(3)), without a child process. Does nothing if there is
 * no service manager.
 */
import type { Log } from '../application/ports/logs.js';
import type { Clock } from '../application/ports/operating-system.js';

export interface ServiceNotificationParts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly processId: number;
  readonly sendDatagram: (path: string, bytes: Uint8Array) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Returns whether a service manager supervises this process. */
export function hasServiceManager(env: Readonly<Record<string, string | undefined>>): boolean {
  return (env['NOTIFY_SOCKET'] ?? '') !== '';
}

export class ServiceNotification {
  readonly #socketPath: string;
  /** How long the service manager waits for a sign of life; undefined if it does not watch. */
  readonly #watchdogMs: number | undefined;
  readonly #sendDatagram: (path: string, bytes: Uint8Array) => void;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor({ env, processId, sendDatagram, clock, log }: ServiceNotificationParts) {
    this.#socketPath = env['NOTIFY_SOCKET'] ?? '';
    this.#watchdogMs = watchdogMs(env, processId);
    this.#sendDatagram = sendDatagram;
    this.#clock = clock;
    this.#log = log;
  }

  /** Reports that callers can connect, and starts to send signs of life. */
  ready(status: string): void {
    this.#send(`READY=1\nSTATUS=${oneLine(status)}`);
    if (this.#watchdogMs !== undefined) this.#keepAlive(this.#watchdogMs / 2);
  }

  /** What `systemctl status` shows. */
  status(text: string): void {
    this.#send(`STATUS=${oneLine(text)}`);
  }

  reloading(): void {
    // Type=notify-reload compares the time with that of its request; Type=notify ignores it.
    this.#send(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }

  /** Reports the end of a reload, successful or not; `reloading` must have been called. */
  reloaded(): void {
    this.#send('READY=1');
  }

  stopping(): void {
    this.#send('STOPPING=1\nSTATUS=Stopping.');
  }

  /** A timer of the event loop: an event loop that is stuck sends no sign of life. */
  #keepAlive(intervalMs: number): void {
    this.#clock.after(intervalMs, () => {
      this.#send('WATCHDOG=1');
      this.#keepAlive(intervalMs);
    });
  }

  #send(message: string): void {
    if (this.#socketPath === '') return;
    try {
      this.#sendDatagram(this.#socketPath, new TextEncoder().encode(message));
    } catch (error) {
      this.#log.warn({ error, message }, 'cannot notify the service manager');
    }
  }
}

/** Parses the environment as sd_watchdog_enabled(3) does. */
function watchdogMs(env: Readonly<Record<string, string | undefined>>, processId: number): number | undefined {
  const microseconds = Number(env['WATCHDOG_USEC'] ?? 0);
  if (!Number.isSafeInteger(microseconds) || microseconds <= 0) return undefined;
  const watched = env['WATCHDOG_PID'] ?? '';
  return watched === '' || Number(watched) === processId ? microseconds / 1000 : undefined;
}

/** Replaces line breaks, which would begin another assignment. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ');
}
