/** Brings changes of the policy into force while the broker runs, and reports them. */
import { changedSettings, type SettingChange } from '../../domain/policy/difference.js';
import type { EffectivePolicy } from '../../domain/policy/settings.js';
import type { Events } from '../events/events.js';
import type { PolicyStore } from '../ports/policy-store.js';

/** Raises an event for each change, after `apply` has brought it into force, and a warning for each problem. */
export function followPolicy(policy: PolicyStore, events: Events, apply: (changed: EffectivePolicy) => void): void {
  let inForce = policy.current();
  policy.onChange = (changed, caller) => {
    if (changed.revision !== inForce.revision) {
      const changes = changedSettings(inForce, changed);
      inForce = changed;
      apply(changed);
      events.raise('policyChanged', describeChanges(changes), {
        caller,
        details: {
          revision: changed.revision,
          settings: changes.map((change) => ({ ...change, source: change.source.location })),
        },
      });
    }
    for (const problem of changed.problems) {
      events.raise('warning', problem.message, {
        caller,
        details: { source: problem.source.location, setting: problem.setting ?? null },
      });
    }
  };
}

function describeChanges(changes: readonly SettingChange[]): string {
  if (changes.length === 0) return 'Policy sources have changed, but every setting keeps its value.';
  const named = changes.map(({ name, source }) => `${name} (${source.location})`);
  return `Policy has changed. Now in force: ${named.join(', ')}.`;
}
