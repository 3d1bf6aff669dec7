/**
 * Suspends and resumes. Before a suspend, short and medium commands finish, long ones are cancelled, and nothing new is
 * sent. On resume, the virtualizer is synchronised with the TPM and the queue continues. (Windows' TBS documentation,
 * "Power management".)
 *
 * Commands that callers submit while the machine goes to sleep wait in the queue, so that a resume does not look like a
 * failure. The platform waits only a bounded time, so a suspend completes within `suspendTimeoutMs` whatever the TPM
 * does.
 */
import type { Caller } from '../../domain/caller.js';
import { OneAtATime } from '../../domain/one-at-a-time.js';
import { asTbsError, TbsError } from '../../domain/tbs-error.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import type { Virtualizer } from '../../domain/virtualization/virtualizer.js';
import type { Dispatcher } from '../commands/dispatcher.js';
import type { Events } from '../events/events.js';
import type { Clock } from '../ports/operating-system.js';
import type { TpmTransport } from '../ports/tpm-transport.js';
import { restartTpm, saveTpmState } from './start-tpm.js';

export interface PowerParts {
  readonly version: TpmVersion;
  readonly transport: TpmTransport;
  readonly dispatcher: Dispatcher;
  readonly virtualizer: Virtualizer;
  readonly events: Events;
  readonly clock: Clock;
  readonly suspendTimeoutMs: number;
  /** Called when the TPM answers after a suspend. */
  readonly cameBack: () => void;
}

/** A TPM may need a moment after power returns: a software TPM is a process that has to start. */
const RESTART_ATTEMPTS = 20;
const RESTART_RETRY_MS = 250;

export class ManagePower {
  #state: 'running' | 'suspending' | 'suspended' | 'resuming' = 'running';
  #stateSaved = false;
  /** Serialises suspends and resumes. */
  readonly #changes = new OneAtATime();
  readonly #parts: PowerParts;

  constructor(parts: PowerParts) {
    this.#parts = parts;
  }

  get suspended(): boolean {
    return this.#state !== 'running';
  }

  /** Resolves when the platform may suspend. `caller` is undefined if the platform itself asks. */
  suspend(caller: Caller | undefined): Promise<void> {
    return this.#changes.run(() => this.#suspendNow(caller));
  }

  resume(caller: Caller | undefined): Promise<void> {
    return this.#changes.run(() => this.#resumeNow(caller));
  }

  async #suspendNow(caller: Caller | undefined): Promise<void> {
    if (this.#state !== 'running') return;
    const { dispatcher, events, suspendTimeoutMs } = this.#parts;
    this.#state = 'suspending';
    this.#stateSaved = false;
    dispatcher.cancelRunningIfLong();
    try {
      await this.#within(suspendTimeoutMs, this.#saveAll());
    } catch (error) {
      dispatcher.abandonCancelled();
      const details = { result: asTbsError(error).symbol };
      events.raise('warning', `Suspended without the TPM’s state: ${reason(error)}`, { caller, details });
    }
    dispatcher.halt();
    this.#state = 'suspended';
    events.raise('administration', 'Suspended: no command is sent to the TPM until it resumes.', { caller });
  }

  async #saveAll(): Promise<void> {
    const { dispatcher, virtualizer, transport, version } = this.#parts;
    await dispatcher.pause();
    if (this.#state !== 'suspending') return;
    await dispatcher.runExchange(() => virtualizer.suspend());
    // The kernel saves the state of a TPM that it drives; for a software TPM the broker has to.
    if (this.#state !== 'suspending' || !(transport.ownsTpm || transport.reset !== undefined)) return;
    await dispatcher.runExchange(() => saveTpmState(version));
    this.#stateSaved = true;
  }

  async #resumeNow(caller: Caller | undefined): Promise<void> {
    if (this.#state !== 'suspended') return;
    const { dispatcher, events, cameBack } = this.#parts;
    this.#state = 'resuming';
    try {
      await dispatcher.resumeAfter(() => this.#restart());
    } finally {
      this.#state = 'running';
    }
    cameBack();
    events.raise('administration', 'Resumed: queued commands continue.', { caller });
  }

  async #restart(): Promise<'kept' | 'lost'> {
    const { transport, version, clock } = this.#parts;
    for (let attempt = 1; ; attempt++) {
      try {
        return await restartTpm(transport, version, this.#stateSaved);
      } catch (error) {
        if (attempt === RESTART_ATTEMPTS) throw error;
        await new Promise<void>((resolve) => clock.after(RESTART_RETRY_MS, resolve));
      }
    }
  }

  #within(timeoutMs: number, work: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const expired = () =>
        reject(new TbsError('TBS_E_IOERROR', { message: `The TPM did not finish within ${timeoutMs} ms.` }));
      const timer = this.#parts.clock.after(timeoutMs, expired);
      work.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}

function reason(error: unknown): string {
  return error instanceof TbsError ? error.message : 'an internal error.';
}
