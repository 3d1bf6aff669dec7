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
import { refusedBySetting } from '../../domain/policy/setting-refusal.js';
import type { EffectivePolicy } from '../../domain/policy/settings.js';
import { TbsError } from '../../domain/tbs-error.js';
import { commandLabel } from '../../domain/tpm/command-names.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import type { Events } from '../events/events.js';
import type { DispatchGate } from './command-runner.js';
import type { SubmissionGate } from './command-service.js';
import type { PendingCommand } from './pending-command.js';

export interface CommandRefusalsParts {
  readonly version: TpmVersion;
  /** The compiled lists: a new object with a new revision after every change of policy or local lists. */
  readonly lists: () => FilterLists;
  readonly listsRevision: () => number;
  readonly policy: () => EffectivePolicy;
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

export class CommandRefusals implements SubmissionGate, DispatchGate {
  readonly #parts: CommandRefusalsParts;

  constructor(parts: CommandRefusalsParts) {
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
    return this.#refuse(pending, this.#blockedError(verdict), verdict.list);
  }

  #refusalByOwnerAuthorization(pending: PendingCommand): TbsError | undefined {
    const error = this.#parts.ownerAuthorizationRule(pending);
    return error === undefined ? undefined : this.#refuse(pending, error, 'ownerAuthorization');
  }

  #refusalByLockout(pending: PendingCommand): TbsError | undefined {
    if (!pending.header.carriesAuthorization || isAdministrator(pending.caller)) return undefined;
    const verdict = this.#parts.lockout(pending.userKey);
    if (verdict.open) return undefined;
    const { version, policy } = this.#parts;
    return this.#refuse(pending, lockoutError(version, verdict, policy()), 'lockout');
  }

  #blockedError(verdict: BlockedVerdict): TbsError {
    const command = commandLabel(this.#parts.version, verdict.code);
    return new TbsError(verdict.symbol, {
      message: `${command} is blocked: ${verdict.reason}`,
      action: verdict.liftedBy,
      details: { command, code: verdict.code, list: verdict.list, source: verdict.source, liftedBy: verdict.liftedBy },
    });
  }

  /**
   * Raises the event, with the action that the caller is shown, and the source of the decision if the error has one:
   * the file, the GPO or the list.
   */
  #refuse(pending: PendingCommand, error: TbsError, rule: string): TbsError {
    const { version, events } = this.#parts;
    const { source } = error.details;
    events.raise('commandRefused', error.message, {
      caller: pending.caller,
      details: {
        command: commandLabel(version, pending.header.code),
        result: error.symbol,
        rule,
        ...(source === undefined ? {} : { source }),
        action: error.action,
      },
    });
    return error;
  }
}

type LockedOut = Extract<LockoutVerdict, { open: false }>;

/**
 * Returns the refusal for a locked-out caller, with the time at which the lockout ends and the source of the threshold
 * that decided.
 */
export function lockoutError(version: TpmVersion, verdict: LockedOut, policy: EffectivePolicy): TbsError {
  const lockedOutUntil = lockedOutUntilText(verdict.lockedOutUntil);
  const whose = verdict.scope === 'user' ? 'of this user' : 'of all standard users together';
  const never = verdict.scope === 'threshold0';
  const setting = decidingThreshold(verdict, policy);
  return refusedBySetting(version === '2.0' ? 'TPM_20_E_LOCKOUT' : 'TPM_E_DEFEND_LOCK_RUNNING', policy, {
    setting,
    message: never
      ? 'A lockout threshold is set to 0: standard users may send no command that carries an authorization.'
      : `${verdict.failures} authorization failures ${whose} reach the threshold of ${verdict.threshold}: commands with an authorization are refused until ${lockedOutUntil}.`,
    change: never ? `Set ${setting} above 0` : `To allow more failures, raise ${setting}`,
    instead: never
      ? undefined
      : 'Wait until the time given, or ask an administrator for Reset-TbsLockout or Unblock-Tpm.',
    details: {
      scope: verdict.scope,
      failures: verdict.failures,
      threshold: verdict.threshold,
      freesAt: lockedOutUntil,
    },
  });
}

function decidingThreshold({ scope }: LockedOut, { settings }: EffectivePolicy) {
  const individual = 'standardUserAuthorizationFailureIndividualThreshold';
  // An individual threshold of 0 always decides: it refuses everybody, whatever the failures.
  if (scope === 'user' || settings[individual] === 0) return individual;
  return 'standardUserAuthorizationFailureTotalThreshold';
}
