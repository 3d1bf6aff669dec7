/** Creates the error of a refusal that the level of owner authorization decided. */
import { refusedBySetting } from '../../domain/policy/setting-refusal.js';
import type { EffectivePolicy } from '../../domain/policy/settings.js';
import type { TbsError } from '../../domain/tbs-error.js';

export interface LevelRefusal {
  readonly message: string;
  /** The levels at which it would be allowed: `Full or Delegated`. */
  readonly levels: string;
}

/** Where policy sets no level, an administrator of the machine does. */
export function refusedByLevel(policy: EffectivePolicy, { message, levels }: LevelRefusal): TbsError {
  const isSetByPolicy = policy.settings.osManagedAuthLevel !== undefined;
  return refusedBySetting('TBS_E_PROVISIONING_NOT_ALLOWED', policy, {
    setting: 'osManagedAuthLevel',
    message,
    change: isSetByPolicy ? `Set osManagedAuthLevel to ${levels}` : 'Or set osManagedAuthLevel in policy',
    instead: isSetByPolicy ? undefined : `Set the level ${levels} first (Set-TpmAuthLevel).`,
  });
}
