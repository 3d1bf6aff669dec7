/** A TPM transport with the responses of a test, one command at a time. */
import type { TpmTransport, TransmitOptions } from '../../ts-core/application/ports/tpm-transport.js';

export interface Transmission {
  readonly command: Uint8Array;
  readonly options: TransmitOptions;
  answer(response: Uint8Array): void;
  fail(error: Error): void;
}

export class ScriptedTransport implements TpmTransport {
  readonly description = 'scripted';
  readonly maxLocality = 3;
  readonly ownsTpm = false;
  readonly isSoftwareTpm = false;
  onReset: (() => void) | undefined;
  onReturned: (() => void) | undefined;
  cancels = 0;
  /** Everything that was sent, in order; the last one may be unanswered. */
  readonly sent: Transmission[] = [];
  /** Called with each transmission as it is sent. */
  onTransmit: ((transmission: Transmission) => void) | undefined;
  #arrived: (() => void) | undefined;

  constructor(readonly cancellation: TpmTransport['cancellation'] = 'controlChannel') {}

  transmit(command: Uint8Array, options: TransmitOptions): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const transmission = { command: command.slice(), options, answer: resolve, fail: reject };
      this.sent.push(transmission);
      this.onTransmit?.(transmission);
      this.#arrived?.();
    });
  }

  /** Resolves with the transmission of this index once it has been sent. */
  async transmission(index: number): Promise<Transmission> {
    while (this.sent.length <= index) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
    return this.sent[index] as Transmission;
  }

  cancel(): Promise<void> {
    this.cancels++;
    return Promise.resolve();
  }

  exposure(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
