/** Notifies the service manager of the daemon's state (sd_notify(3)); does nothing if there is none. */
import type { Log } from '../application/ports/logs.js';

export class ServiceNotification {
  readonly #socketPath: string | undefined;
  readonly #sendDatagram: (path: string, bytes: Uint8Array) => void;
  readonly #log: Log;

  constructor(socketPath: string | undefined, sendDatagram: (path: string, bytes: Uint8Array) => void, log: Log) {
    this.#socketPath = socketPath;
    this.#sendDatagram = sendDatagram;
    this.#log = log;
  }

  ready(): void {
    this.#send('READY=1');
  }

  stopping(): void {
    this.#send('STOPPING=1');
  }

  #send(message: string): void {
    if (this.#socketPath === undefined || this.#socketPath === '') return;
    try {
      this.#sendDatagram(this.#socketPath, new TextEncoder().encode(message));
    } catch (error) {
      this.#log.warn({ error, message }, 'cannot notify the service manager');
    }
  }
}
