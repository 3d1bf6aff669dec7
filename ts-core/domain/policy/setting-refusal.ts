/**
 * Creates the error of a refusal that a policy setting decided. It says where the setting comes from, and what change,
 * by whom, would lift the refusal.
 */
import { TbsError, type TbsErrorDetails, type TbsSymbol } from '../tbs-error.js';
import { adviseChange, describeSource } from './change-advice.js';
import type { EffectivePolicy, PolicySettingName } from './settings.js';

export interface SettingRefusal {
  /** The setting that decided. */
  readonly setting: PolicySettingName;
  readonly message: string;
  /** What would lift the refusal, as an imperative that names no place: `Raise maxContexts`. */
  readonly change: string;
  /** What the caller can do without that, as a whole sentence. */
  readonly instead?: string | undefined;
  readonly details?: TbsErrorDetails;
}

export function refusedBySetting(
  symbol: TbsSymbol,
  { sources }: EffectivePolicy,
  { setting, message, change, instead, details }: SettingRefusal,
): TbsError {
  const source = sources[setting];
  const liftedBy = adviseChange(change, source);
  return new TbsError(symbol, {
    message,
    action: instead === undefined ? liftedBy : `${instead} ${liftedBy}`,
    details: { ...details, setting, source: describeSource(source), liftedBy },
  });
}
