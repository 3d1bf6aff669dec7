/** An entry of the allowed lists of TPM 2.0. */
import type { CommandName } from '../../tpm20/codes.js';
import type { HandleCondition } from '../handle-rules.js';

/**
 * `everyone`: all classes; `users`: administrators and standard users; `administrators`: only they; `nobody`: reserved
 * for the platform or the manufacturer.
 */
export type AllowedTo = 'everyone' | 'users' | 'administrators' | 'nobody';

export interface AllowedCommand {
  readonly command: CommandName;
  readonly allowedTo: AllowedTo;
  /** Why the command is allowed to these classes and not to the others. */
  readonly reason: string;
  /** Restriction on the handles with which callers other than administrators may send it. */
  readonly condition?: HandleCondition;
}

/** The same, with the command's code and full name. */
export interface Tpm20AllowedEntry extends Omit<AllowedCommand, 'command'> {
  readonly code: number;
  /** As the specification writes it: `TPM2_GetRandom`. */
  readonly name: string;
}
