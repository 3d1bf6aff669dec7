/** How submitted commands end, for those who count them. Nothing is worked out while nobody counts. */
import type { CallerClass } from '../../domain/caller.js';
import type { ResponseClass } from '../../domain/lockout/response-classification.js';
import type { TbsError } from '../../domain/tbs-error.js';
import type { CommandResult } from '../ports/command-tracer.js';

export interface EndedCommand {
  /**
   * Undefined where the submission was no command, or one that the specification does not name: callers choose such codes
   * freely, and a table by code must stay bounded.
   */
  readonly code: number | undefined;
  readonly callerClass: CallerClass;
  readonly result: CommandResult;
  /** Undefined where the TPM gave no response. */
  readonly times: { readonly waitMs: number; readonly durationMs: number } | undefined;
}

/** Called once for each submission. It must not throw. */
export type CommandMeter = (ended: EndedCommand) => void;

const RESULT_OF_RESPONSE: Readonly<Record<ResponseClass, CommandResult>> = {
  success: 'success',
  authorizationFailure: 'authorizationFailure',
  hardwareLockout: 'tpmLockout',
  other: 'tpmError',
};

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
