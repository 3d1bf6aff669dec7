/** Reports to those who count how submitted commands end. Computes nothing while nobody counts. */
import type { Caller, CallerClass } from '../../domain/caller.js';
import type { ResponseClass } from '../../domain/lockout/response-classification.js';
import type { TbsError } from '../../domain/tbs-error.js';
import { commandName } from '../../domain/tpm/command-names.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import type { CommandResult } from '../ports/command-tracer.js';
import type { SubmissionOutcome } from './caller-connection.js';
import type { PendingCommand } from './pending-command.js';

export interface EndedCommand {
  /**
   * Undefined where the submission was no command, or one that the specification does not name: callers choose such
   * codes freely, and a table by code must stay bounded.
   */
  readonly code: number | undefined;
  readonly callerClass: CallerClass;
  readonly result: CommandResult;
  /** Undefined where the TPM gave no response. */
  readonly times: { readonly waitMs: number; readonly durationMs: number } | undefined;
}

/** Called once for each submission. It must not throw. */
export type CommandMeter = (ended: EndedCommand) => void;

export class CommandMeters {
  readonly #meters = new Set<CommandMeter>();
  readonly #version: TpmVersion;

  constructor(version: TpmVersion) {
    this.#version = version;
  }

  /** Reports every submission that ends to `meter`, until the returned function is called. */
  follow(meter: CommandMeter): () => void {
    this.#meters.add(meter);
    return () => this.#meters.delete(meter);
  }

  /** Reports the end of a submission whose command had been read: it was queued, or refused afterwards. */
  ended(pending: PendingCommand, outcome: SubmissionOutcome): void {
    if (this.#meters.size === 0) return;
    const { caller, header } = pending;
    const code = commandName(this.#version, header.code) === undefined ? undefined : header.code;
    const times = outcome.kind === 'response' ? outcome : undefined;
    this.#tell({ code, callerClass: caller.callerClass, result: resultOf(pending, outcome), times });
  }

  /** Reports a submission that was refused before its command had been read. */
  refusedUnread({ callerClass }: Caller, error: TbsError): void {
    this.#tell({ code: undefined, callerClass, result: resultOfRefusal(error), times: undefined });
  }

  #tell(ended: EndedCommand): void {
    for (const meter of this.#meters) meter(ended);
  }
}

const RESULT_OF_RESPONSE: Readonly<Record<ResponseClass, CommandResult>> = {
  success: 'success',
  authorizationFailure: 'authorizationFailure',
  hardwareLockout: 'tpmLockout',
  other: 'tpmError',
};

/** Returns how a submission ended. */
export function resultOf({ responseClass }: PendingCommand, outcome: SubmissionOutcome): CommandResult {
  return outcome.kind === 'refused' ? resultOfRefusal(outcome.error) : resultOfResponse(responseClass ?? 'other');
}

export function resultOfResponse(responseClass: ResponseClass): CommandResult {
  return RESULT_OF_RESPONSE[responseClass];
}

export function resultOfRefusal({ symbol }: TbsError): CommandResult {
  switch (symbol) {
    case 'TPM_E_COMMAND_BLOCKED':
    case 'TPM_E_EMBEDDED_COMMAND_BLOCKED':
      return 'blocked';
    case 'TPM_20_E_LOCKOUT':
    case 'TPM_E_DEFEND_LOCK_RUNNING':
      return 'lockedOut';
    case 'TBS_E_COMMAND_CANCELED':
      return 'cancelled';
    case 'TBS_E_IOERROR':
    case 'TBS_E_INTERNAL_ERROR':
      return 'failed';
    default:
      return 'refused';
  }
}
