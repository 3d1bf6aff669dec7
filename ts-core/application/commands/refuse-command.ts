/**
 * Decides whether a command may be sent. The filter runs at submission and, if the lists have changed, again at
 * dispatch.
 *
 * The lockout is checked only at dispatch, after every earlier response has been counted, so that a burst of queued
 * guesses cannot exceed a threshold.
 */
import { isAdministrator } from '../../domain/caller.js';
import { type BlockedVerdict, decide } from '../../domain/filter/command-filter.js';
import type { FilterLists } from '../../domain/filter/filter-lists.js';
import { type LockoutVerdict, lockedOutUntilText } from '../../domain/lockout/lockout-window.js';
import { TbsError } from '../../domain/tbs-error.js';
import { commandLabel } from '../../domain/tpm/command-names.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import type { Events } from '../events/events.js';
import type { DispatchGate } from './command-runner.js';
import type { SubmissionGate } from './command-service.js';
import type { PendingCommand } from './pending-command.js';

export interface CommandGateParts {
  readonly version: TpmVersion;
  /** The compiled lists: a new object with a new revision after every change of policy or local lists. */
  readonly lists: () => FilterLists;
  readonly listsRevision: () => number;
  /** Returns whether this user is locked out now. */
  readonly lockout: (userKey: string) => LockoutVerdict;
  /** Returns the handles in the handle area; null if the TPM does not list the command. */
  readonly handlesOf: (command: Uint8Array) => readonly number[] | null;
  /** Refuses raw commands that would change an owner authorization; undefined allows the command. */
  readonly ownerAuthorizationRule: (pending: PendingCommand) => TbsError | undefined;
  /** Stores what must be durable before the TPM gets the command; undefined for nearly every command. */
  readonly beforeDispatch: (pending: PendingCommand) => Promise<void> | undefined;
  readonly events: Events;
}

export class CommandGate implements SubmissionGate, DispatchGate {
  readonly #parts: CommandGateParts;

  constructor(parts: CommandGateParts) {
    this.#parts = parts;
  }

  get listsRevision(): number {
    return this.#parts.listsRevision();
  }

  refusalAtSubmission(pending: PendingCommand): TbsError | undefined {
    return this.#refusalByFilter(pending) ?? this.#refusalByOwnerAuthorization(pending);
  }

  refusalAtDispatch(pending: PendingCommand): TbsError | undefined {
    const { listsRevision } = this.#parts;
    if (pending.listsRevision !== listsRevision()) {
      const refusal = this.#refusalByFilter(pending);
      if (refusal !== undefined) return refusal;
    }
    return this.#refusalByOwnerAuthorization(pending) ?? this.#refusalByLockout(pending);
  }

  beforeDispatch(pending: PendingCommand): Promise<void> | undefined {
    return this.#parts.beforeDispatch(pending);
  }

  #refusalByFilter(pending: PendingCommand): TbsError | undefined {
    const { version, lists, handlesOf } = this.#parts;
    const verdict = decide({
      version,
      code: pending.header.code,
      command: pending.command,
      handles: version === '2.0' && pending.caller.callerClass !== 'administrator' ? handlesOf(pending.command) : null,
      callerClass: pending.caller.callerClass,
      lists: lists(),
    });
    if (verdict.allowed) return undefined;
    const { list, source } = verdict;
    return this.#refuse(pending, this.#blockedError(verdict), list, { source });
  }

  #refusalByOwnerAuthorization(pending: PendingCommand): TbsError | undefined {
    const error = this.#parts.ownerAuthorizationRule(pending);
    return error === undefined ? undefined : this.#refuse(pending, error, 'ownerAuthorization');
  }

  #refusalByLockout(pending: PendingCommand): TbsError | undefined {
    if (!pending.header.carriesAuthorization || isAdministrator(pending.caller)) return undefined;
    const verdict = this.#parts.lockout(pending.userKey);
    if (verdict.open) return undefined;
    return this.#refuse(pending, lockoutError(this.#parts.version, verdict), 'lockout');
  }

  #blockedError(verdict: BlockedVerdict): TbsError {
    const command = commandLabel(this.#parts.version, verdict.code);
    return new TbsError(verdict.symbol, {
      message: `${command} is blocked: ${verdict.reason}`,
      action: verdict.liftedBy,
      details: { command, code: verdict.code, list: verdict.list, source: verdict.source, liftedBy: verdict.liftedBy },
    });
  }

  /** `facts`: what else the event names; for a command on a list, the file or GPO that it comes from. */
  #refuse(pending: PendingCommand, error: TbsError, rule: string, facts: { readonly source?: string } = {}): TbsError {
    const { version, events } = this.#parts;
    events.raise('commandRefused', error.message, {
      caller: pending.caller,
      details: { command: commandLabel(version, pending.header.code), result: error.symbol, rule, ...facts },
    });
    return error;
  }
}

/** Returns the refusal for a locked-out caller, with the time at which the lockout ends. */
export function lockoutError(version: TpmVersion, verdict: Extract<LockoutVerdict, { open: false }>): TbsError {
  const lockedOutUntil = lockedOutUntilText(verdict.lockedOutUntil);
  const whose = verdict.scope === 'user' ? 'of this user' : 'of all standard users together';
  const message =
    verdict.scope === 'threshold0'
      ? 'A lockout threshold is set to 0: standard users may send no command that carries an authorization.'
      : `${verdict.failures} authorization failures ${whose} reach the threshold of ${verdict.threshold}: commands with an authorization are refused until ${lockedOutUntil}.`;
  return new TbsError(version === '2.0' ? 'TPM_20_E_LOCKOUT' : 'TPM_E_DEFEND_LOCK_RUNNING', {
    message,
    details: {
      scope: verdict.scope,
      failures: verdict.failures,
      threshold: verdict.threshold,
      freesAt: lockedOutUntil,
    },
  });
}
