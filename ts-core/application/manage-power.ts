/**
 * Suspend and resume: short and medium commands finish, long ones are cancelled, nothing new is sent; on resume the
 * virtual state is synchronised with the TPM and the queue goes on. (Windows' TBS documentation, "Power management".)
 */
import type { Caller } from '../domain/caller.js';
import { TbsError } from '../domain/tbs-error.js';
import type { TpmVersion } from '../domain/tpm/tpm-version.js';
import type { Virtualizer } from '../domain/virtualization/virtualizer.js';
import type { Dispatcher } from './dispatcher.js';
import type { Events } from './events.js';
import type { TpmTransport } from './ports.js';
import { saveTpmState } from './start-tpm.js';

export interface PowerParts {
  readonly version: TpmVersion;
  readonly transport: TpmTransport;
  readonly dispatcher: Dispatcher;
  readonly virtualizer: Virtualizer;
  readonly events: Events;
}

export class ManagePower {
  private state: 'running' | 'suspending' | 'suspended' | 'resuming' = 'running';

  constructor(private readonly parts: PowerParts) {}

  get suspended(): boolean {
    return this.state !== 'running';
  }

  /** Resolves when the platform may suspend. `caller` is undefined when the platform itself asks. */
  async suspend(caller: Caller | undefined): Promise<void> {
    if (this.state !== 'running') return;
    const { dispatcher, virtualizer, transport, version, events } = this.parts;
    this.state = 'suspending';
    dispatcher.cancelRunningIfLong();
    await dispatcher.pause();
    try {
      await dispatcher.runExchange(() => virtualizer.suspend());
      // The kernel saves the state of a TPM that it drives; a software TPM has nobody else.
      if (transport.ownsTpm || transport.reset !== undefined) await saveTpmState(transport, version);
    } catch (error) {
      events.raise(
        'warning',
        'The TPM’s state could not be saved before the suspend; keys of open contexts are lost.',
        {
          caller,
          details: { result: error instanceof TbsError ? error.symbol : 'TBS_E_INTERNAL_ERROR' },
        },
      );
    }
    this.state = 'suspended';
    events.raise('administration', 'Suspended: no command is sent to the TPM until it resumes.', { caller });
  }

  async resume(caller: Caller | undefined): Promise<void> {
    if (this.state !== 'suspended') return;
    const { dispatcher, virtualizer, events } = this.parts;
    this.state = 'resuming';
    try {
      await dispatcher.runExchange(() => virtualizer.resume());
    } finally {
      this.state = 'running';
      dispatcher.resume();
    }
    events.raise('administration', 'Resumed: waiting commands go on.', { caller });
  }
}
