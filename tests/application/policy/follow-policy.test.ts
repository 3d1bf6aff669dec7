import assert from 'node:assert/strict';
import { followPolicy } from '../../../ts-core/application/policy/follow-policy.js';
import type { PolicyStore } from '../../../ts-core/application/ports/policy-store.js';
import type { Caller } from '../../../ts-core/domain/caller.js';
import { mergePolicy } from '../../../ts-core/domain/policy/merge.js';
import type { EffectivePolicy, PolicyProblem } from '../../../ts-core/domain/policy/settings.js';
import { ROOT } from '../../support/callers.js';
import { recordedEvents } from '../../support/recorded-events.js';

const DEFAULTS = mergePolicy([], 1);
const GROUP_POLICY = { kind: 'groupPolicy', location: 'GPO "TPM"' } as const;

function policyWith(
  revision: number,
  settings: Partial<EffectivePolicy['settings']>,
  problems: readonly PolicyProblem[] = [],
): EffectivePolicy {
  const sources = Object.fromEntries(Object.keys(settings).map((name) => [name, GROUP_POLICY]));
  return {
    ...DEFAULTS,
    revision,
    settings: { ...DEFAULTS.settings, ...settings },
    sources: { ...DEFAULTS.sources, ...sources },
    problems,
  };
}

function follow() {
  const { events, told } = recordedEvents();
  const policy = { current: () => policyWith(1, {}), onChange: undefined } as Partial<PolicyStore> as PolicyStore;
  const applied: number[] = [];
  followPolicy(policy, events, ({ revision }) => {
    assert.equal(
      told.some(({ details }) => (details as { revision?: number } | undefined)?.revision === revision),
      false,
      'an event tells what is in force already',
    );
    applied.push(revision);
  });
  return { changes: (changed: EffectivePolicy, caller?: Caller) => policy.onChange?.(changed, caller), applied, told };
}

describe('changes of the policy', () => {
  it('are brought into force, then reported with what changed, from what to what, and who sets it', () => {
    const { changes, applied, told } = follow();
    changes(policyWith(2, { maxContexts: 5 }));
    assert.deepEqual(applied, [2]);
    assert.deepEqual(
      told.map(({ kind, message }) => [kind, message]),
      [['policyChanged', 'Policy has changed. Now in force: maxContexts (GPO "TPM").']],
    );
    assert.deepEqual(told[0]?.details, {
      revision: 2,
      settings: [
        { name: 'maxContexts', before: DEFAULTS.settings.maxContexts, after: 5, source: GROUP_POLICY.location },
      ],
    });
  });

  it('are events of the caller who made them, as are the problems that they bring', () => {
    const { changes, told } = follow();
    const problem = { source: GROUP_POLICY, setting: 'maxContexts', message: '0 is out of range and counts as 1' };
    changes(policyWith(2, { maxContexts: 5 }, [problem]), ROOT);
    changes(policyWith(3, { maxContexts: 6 }));
    assert.deepEqual(
      told.map(({ kind, userKey }) => [kind, userKey]),
      [
        ['policyChanged', ROOT.userKey],
        ['warning', ROOT.userKey],
        ['policyChanged', undefined],
      ],
    );
  });

  it('are compared with what is in force, not with what the broker started with', () => {
    const { changes, told } = follow();
    changes(policyWith(2, { maxContexts: 5 }));
    changes(policyWith(3, { maxContexts: 6 }));
    assert.deepEqual(told[1]?.details, {
      revision: 3,
      settings: [{ name: 'maxContexts', before: 5, after: 6, source: GROUP_POLICY.location }],
    });
  });

  it('are reported if another source now sets the same value', () => {
    const { changes, applied, told } = follow();
    changes(policyWith(2, {}));
    assert.deepEqual(applied, [2]);
    assert.match(told[0]?.message ?? '', /every setting keeps its value/);
  });

  it('apply nothing if only a problem is new, and warn about it with its source and setting', () => {
    const { changes, applied, told } = follow();
    const problem = { source: GROUP_POLICY, setting: 'maxContexts', message: '0 is out of range and counts as 1' };
    changes(policyWith(1, {}, [problem, { ...problem, setting: undefined }]));
    assert.deepEqual(applied, []);
    assert.deepEqual(
      told.map(({ kind, message, details }) => [kind, message, details]),
      [
        ['warning', problem.message, { source: GROUP_POLICY.location, setting: 'maxContexts' }],
        ['warning', problem.message, { source: GROUP_POLICY.location, setting: null }],
      ],
    );
  });
});
