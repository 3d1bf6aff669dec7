/** Tells the service manager how it goes (sd_notify(3)); nothing where there is none. */
import type { Log } from '../application/ports.js';

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
      this.#log.warn({ error, message }, 'the service manager could not be told');
    }
  }
}
