/** The sources of policy. */
import type { Caller } from '../../domain/caller.js';
import type { SettingExplanation } from '../../domain/policy/explain-policy.js';
import type { EffectivePolicy, PolicySettings } from '../../domain/policy/settings.js';

export interface PolicyStore {
  /**
   * Returns the policy in force. Never throws: while a source is damaged, its last good content stays in force, and the
   * policy lists the problem.
   */
  current(): EffectivePolicy;
  /**
   * Called after every change of the policy in force or of its problems, with the caller who made it by `set` or
   * `importRegistryPol`; undefined if the store found it by itself.
   */
  onChange: ((policy: EffectivePolicy, caller: Caller | undefined) => void) | undefined;
  /** Reads every source again now. */
  refresh(): Promise<EffectivePolicy>;
  /**
   * Writes settings into the local policy file (policy.d); null removes a setting from it. Resolves once they are in
   * force.
   */
  set(settings: Readonly<Partial<Record<keyof PolicySettings, unknown>>>, caller?: Caller): Promise<EffectivePolicy>;
  /**
   * Validates a Registry.pol (PReg) and stores a copy as a source. If it is damaged, throws TBS_E_BAD_PARAMETER with
   * the position and stores nothing.
   */
  importRegistryPol(bytes: Uint8Array, caller?: Caller): Promise<EffectivePolicy>;
  /** Returns every setting with all sources that set it, and the one that decides. */
  explain(): readonly SettingExplanation[];
  /** Returns the policy in force as the JSON of a policy.d file. */
  exportJson(): Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}
