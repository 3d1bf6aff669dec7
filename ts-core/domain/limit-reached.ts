/**
 * Creates the error for a caller who has reached a limit. It names the setting that decided, and what else would help.
 */
import { TbsError } from './tbs-error.js';

export interface ReachedLimit {
  /** What is limited: `contexts of one user`. */
  readonly of: string;
  readonly limit: number;
  /** The setting with which an administrator can raise it, such as `limits.queuedSubmissions` of tbsd.json. */
  readonly setting: string;
  /** What the caller can do without an administrator: `Close contexts that are no longer used`. */
  readonly instead: string;
}

export function limitReached(
  symbol: 'TBS_E_TOO_MANY_TBS_CONTEXTS' | 'TBS_E_TOO_MANY_RESOURCES',
  { of, limit, setting, instead }: ReachedLimit,
): TbsError {
  return new TbsError(symbol, {
    message: limitMessage({ of, limit, setting }),
    action: `${instead}, or have an administrator raise ${setting}.`,
    details: { setting, limit },
  });
}

export function limitMessage({ of, limit, setting }: Omit<ReachedLimit, 'instead'>): string {
  return `The limit of ${limit} ${of} (${setting}) is reached.`;
}
