/**
 * Raises the TPM's own limit of failed tries, if the broker owns the TPM: a fresh software TPM has a limit of three,
 * below the policy's thresholds, and each disorderly stop can cost a try. Does not change the limit of any other
 * TPM, nor of one whose lockout authorization is set, since its owner then decides.
 */

import { readDictionaryAttackState } from '../../domain/tpm/device-facts.js';
import type { Exchange } from '../../domain/tpm/exchange.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import { EMPTY_AUTH } from '../../domain/tpm20/authorized-command.js';
import { setDictionaryAttackParameters } from '../../domain/tpm20/dictionary-attack.js';
import { readPermanentState } from '../../domain/tpm20/permanent-state.js';
import type { Dispatcher } from '../commands/dispatcher.js';
import type { Events } from '../events/events.js';
import type { Log } from '../ports/logs.js';
import type { TpmTransport } from '../ports/tpm-transport.js';

export interface TpmMaxTriesParts {
  readonly version: TpmVersion;
  readonly transport: TpmTransport;
  readonly dispatcher: Dispatcher;
  readonly totalThreshold: () => number;
  readonly events: Events;
  readonly log: Log;
}

/** The limit that Windows sets. */
const USUAL_MAX_TRIES = 32;

export class TpmMaxTries {
  readonly #parts: TpmMaxTriesParts;

  constructor(parts: TpmMaxTriesParts) {
    this.#parts = parts;
  }

  /** Raises the limit above the policy's total threshold. Never rejects: status warns while the limit is too low. */
  async raiseIfNeeded(): Promise<void> {
    const { version, transport, dispatcher, totalThreshold, events, log } = this.#parts;
    if (version !== '2.0' || !transport.ownsTpm) return;
    try {
      const total = totalThreshold();
      const raised = await dispatcher.runExchange(() => raiseMaxTries(total));
      if (raised === undefined) return;
      events.raise('administration', `Raised the TPM's own limit of failed tries to ${raised.to}.`, {
        details: { from: raised.from, to: raised.to, totalThreshold: total },
      });
    } catch (error) {
      log.warn({ error }, 'cannot raise the TPM’s own limit of failed tries above the policy’s threshold');
    }
  }
}

/** Returns the limit before and after; undefined if it is high enough or if the owner decides. */
function* raiseMaxTries(totalThreshold: number): Exchange<{ from: number; to: number } | undefined> {
  const state = yield* readDictionaryAttackState();
  if (state === undefined || state.maxTries > totalThreshold) return undefined;
  if ((yield* readPermanentState()).lockoutAuthSet) return undefined;
  const { recoverySeconds, lockoutRecoverySeconds } = state;
  const maxTries = Math.max(USUAL_MAX_TRIES, totalThreshold + 1);
  yield* setDictionaryAttackParameters(EMPTY_AUTH, { maxTries, recoverySeconds, lockoutRecoverySeconds });
  return { from: state.maxTries, to: maxTries };
}
