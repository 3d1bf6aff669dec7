/**
 * Takes what callers hold out of the TPM once no command has come for a while, so that programs that share the TPM
 * through the kernel's resource manager (/dev/tpmrm0) find its few slots free. The next command that needs something
 * loads it again.
 */
import type { Virtualizer } from '../../domain/virtualization/virtualizer.js';
import type { Log } from '../ports/logs.js';
import type { Clock } from '../ports/operating-system.js';
import type { Dispatcher } from './dispatcher.js';

export interface IdleEvictionParts {
  readonly dispatcher: Pick<Dispatcher, 'runExchange' | 'inFlight' | 'isPaused'>;
  readonly virtualizer: Pick<Virtualizer, 'suspend'>;
  /** How long after the last command the TPM counts as idle. Undefined: never. */
  readonly idleMs: number | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

export class IdleEviction {
  #lastEndMs = 0;
  #isArmed = false;
  readonly #parts: IdleEvictionParts;

  constructor(parts: IdleEvictionParts) {
    this.#parts = parts;
  }

  /** Called when a command has ended. There is one timer, whatever the number of commands. */
  commandEnded(): void {
    const { clock, idleMs } = this.#parts;
    if (idleMs === undefined) return;
    this.#lastEndMs = clock.monotonicMs();
    if (!this.#isArmed) this.#arm(idleMs, idleMs);
  }

  #arm(delayMs: number, idleMs: number): void {
    this.#isArmed = true;
    this.#parts.clock.after(delayMs, () => {
      this.#isArmed = false;
      const { clock, dispatcher } = this.#parts;
      const leftMs = dispatcher.inFlight ? idleMs : this.#lastEndMs + idleMs - clock.monotonicMs();
      if (leftMs > 0) this.#arm(leftMs, idleMs);
      // A suspend does the same, and its resume may come much later.
      else if (!dispatcher.isPaused) void this.#evict();
    });
  }

  async #evict(): Promise<void> {
    const { dispatcher, virtualizer, log } = this.#parts;
    try {
      await dispatcher.runExchange(() => virtualizer.suspend(), { yieldsToCommands: true });
    } catch (error) {
      log.warn({ error }, 'cannot take the objects of idle callers out of the TPM; they stay in it');
    }
  }
}
