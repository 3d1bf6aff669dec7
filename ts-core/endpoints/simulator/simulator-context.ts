/** The TBS context behind simulator connections. It is opened with the first command, and again if it is lost. */
import type {
  CallerConnection,
  ConnectionOpener,
  OpenedContext,
} from '../../application/commands/caller-connection.js';
import type { Caller } from '../../domain/caller.js';
import { TBS_COMMAND_PRIORITY } from '../../domain/scheduling/priority.js';
import { asTbsError, TbsError } from '../../domain/tbs-error.js';
import { refusalResponse } from '../../domain/tpm/refusal-response.js';
import { versionOfCommand } from './tpm-request.js';

/** These protocols have no priority. */
const PRIORITY = TBS_COMMAND_PRIORITY.NORMAL;

export class SimulatorContext {
  /** Locality of subsequent commands. Whether the caller may use it is decided at submission. */
  locality = 0;
  readonly #connection: CallerConnection;
  #opened: OpenedContext | undefined;

  constructor(opener: ConnectionOpener, caller: Caller) {
    this.#connection = opener.connect(caller);
  }

  get caller(): Caller {
    return this.#connection.caller;
  }

  /** Returns the TPM's response, or a refusal in the same form. Never rejects. The context keeps the bytes. */
  submit(command: Uint8Array, locality = this.locality): Promise<Uint8Array> {
    let context: OpenedContext;
    try {
      context = this.#open();
    } catch (error) {
      return Promise.resolve(refusalResponse(asTbsError(error), versionOfCommand(command)));
    }
    return new Promise((resolve) => {
      const { contextId, tpmVersion } = context;
      this.#connection.submit({ contextId, locality, priority: PRIORITY, command }, (outcome) => {
        if (outcome.kind === 'response') return resolve(outcome.response);
        // An administrator closed it: its resources are gone, and the next command opens a new one.
        if (outcome.error.symbol === 'TBS_E_INVALID_CONTEXT') this.#opened = undefined;
        resolve(refusalResponse(outcome.error, tpmVersion));
      });
    });
  }

  /** Cancels the context's queued and running commands. */
  cancel(): void {
    this.#withOpened((contextId) => this.#connection.cancelCommands(contextId));
  }

  /** Simulates a power cycle for this caller only: flushes everything that it had loaded. */
  forgetEverything(): void {
    this.#withOpened((contextId) => this.#connection.closeContext(contextId));
    this.#opened = undefined;
    this.locality = 0;
  }

  close(): void {
    this.#connection.close();
  }

  #open(): OpenedContext {
    this.#opened ??= this.#connection.openContext(['2.0', '1.2']);
    return this.#opened;
  }

  #withOpened(use: (contextId: number) => void): void {
    if (this.#opened === undefined) return;
    try {
      use(this.#opened.contextId);
    } catch (error) {
      if (!(error instanceof TbsError && error.symbol === 'TBS_E_INVALID_CONTEXT')) throw error;
    }
  }
}
