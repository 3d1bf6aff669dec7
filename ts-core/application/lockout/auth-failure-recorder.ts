/**
 * Records what each response means for the lockout: counts an authorization failure, and empties the ledger when an
 * administrator resets the TPM's own dictionary-attack protection.
 */
import { isAdministrator } from '../../domain/caller.js';
import {
  type AuthorizationFacts,
  classifyResponse,
  type ResponseClass,
} from '../../domain/lockout/response-classification.js';
import { commandLabel } from '../../domain/tpm/command-names.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import { TPM_ORD } from '../../domain/tpm12/codes.js';
import { actingCodeOf } from '../../domain/tpm12/transport.js';
import { TPM_CC } from '../../domain/tpm20/codes.js';
import type { ResponseRecorder } from '../commands/command-runner.js';
import type { PendingCommand } from '../commands/pending-command.js';
import type { Log } from '../ports/logs.js';
import type { LockoutService } from './lockout-service.js';

const LOCK_RESET: Readonly<Record<TpmVersion, number>> = {
  '2.0': TPM_CC.DictionaryAttackLockReset,
  '1.2': TPM_ORD.ResetLockValue,
};

/** Notified how a command ended, after the ledger has been updated. */
export type ResponseObserver = (
  pending: PendingCommand,
  outcome: ResponseClass,
  response: Uint8Array,
) => Promise<void> | undefined;

export class AuthFailureRecorder implements ResponseRecorder {
  readonly #version: TpmVersion;
  readonly #lockout: LockoutService;
  readonly #facts: AuthorizationFacts;
  readonly #observers: readonly ResponseObserver[];
  readonly #log: Log;

  constructor(
    version: TpmVersion,
    lockout: LockoutService,
    facts: AuthorizationFacts,
    observers: readonly ResponseObserver[],
    log: Log,
  ) {
    this.#version = version;
    this.#lockout = lockout;
    this.#facts = facts;
    this.#observers = observers;
    this.#log = log;
  }

  record(pending: PendingCommand, response: Uint8Array): Promise<void> | undefined {
    const { header, command } = pending;
    const outcome = classifyResponse(this.#version, response, { code: header.code, command }, this.#facts);
    pending.responseClass = outcome;
    if (this.#version === '2.0') this.#followSessions(command, response);
    let durable: Promise<void> | undefined;
    if (outcome === 'authorizationFailure' && pending.header.carriesAuthorization) {
      durable = this.#lockout.countFailure(pending.caller, commandLabel(this.#version, pending.header.code));
    } else if (outcome === 'success' && this.#resetsTheLockout(pending)) {
      durable = this.#emptyLedger(pending);
    }
    for (const observe of this.#observers) {
      const observed = observe(pending, outcome, response);
      if (observed !== undefined) durable = durable === undefined ? observed : both(durable, observed);
    }
    return durable;
  }

  #followSessions(command: Uint8Array, response: Uint8Array): void {
    const { handlesOf, sessions } = this.#facts;
    if (sessions.concerns(command)) sessions.answered(command, response, handlesOf(command)?.length ?? 0);
  }

  #resetsTheLockout({ header, command }: PendingCommand): boolean {
    return actingCodeOf(this.#version, header.code, command) === LOCK_RESET[this.#version];
  }

  #emptyLedger(pending: PendingCommand): Promise<void> | undefined {
    if (!isAdministrator(pending.caller)) return undefined;
    return this.#lockout.reset(undefined).then((forgotten) => {
      this.#log.info({ forgotten }, 'an administrator reset the TPM’s lockout: cleared the failure ledger');
    });
  }
}

async function both(first: Promise<void>, second: Promise<void>): Promise<void> {
  await Promise.all([first, second]);
}
