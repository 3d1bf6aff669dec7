/** How long a client waits for a sign of life from the broker. */
import { BrokerError } from './broker-error.js';

const DEFAULT_SECONDS = 30;
const LONGEST_SECONDS = 86_400;

/** What a limit may be, for messages. */
export const SILENCE_LIMITS = `a number of seconds up to ${LONGEST_SECONDS}, or 0 for no limit`;

export function isSilenceLimit(seconds: number): boolean {
  return seconds >= 0 && seconds <= LONGEST_SECONDS;
}

/**
 * Returns how long the broker may be silent, in milliseconds: `seconds`, $TPMTBS_BROKER_TIMEOUT, or 30 seconds. Throws a
 * BrokerError of the kind `usage` if the variable's value is invalid.
 */
export function silenceLimitMs(seconds: number | undefined, env: NodeJS.ProcessEnv): number {
  if (seconds !== undefined) return seconds * 1000;
  const named = env['TPMTBS_BROKER_TIMEOUT'] ?? '';
  if (named === '') return DEFAULT_SECONDS * 1000;
  const fromEnvironment = Number(named);
  if (isSilenceLimit(fromEnvironment)) return fromEnvironment * 1000;
  throw new BrokerError('usage', 'usage', `TPMTBS_BROKER_TIMEOUT must be ${SILENCE_LIMITS}.`, 'Set or unset it.');
}
