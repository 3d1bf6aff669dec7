import type { Application } from '../../../application/application.js';
import type { SettingExplanation } from '../../../domain/policy/explain-policy.js';
import type { EffectivePolicy, GroupPolicyObject, PolicySettingName } from '../../../domain/policy/settings.js';
import type { Handlers } from '../handler.js';
import type * as contract from '../protocol/policy.js';

export function policyHandlers({ policy }: Application): Handlers<typeof contract> {
  return {
    policyGet: () => policyState(policy.get()),
    policySet: async ({ caller }, { settings, dryRun }) => {
      const result = await policy.set(caller, settings, dryRun);
      return { ...policyState(result.policy), differences: result.differences };
    },
    policyTest: (_session, { settings }) => {
      const differences = policy.differences(settings);
      return { compliant: differences.length === 0, differences };
    },
    policyImport: async ({ caller }, { registryPol }) =>
      policyState(await policy.importRegistryPol(caller, Buffer.from(registryPol, 'base64'))),
    policyRefresh: async () => policyState(await policy.refresh()),
    policyExplain: () => ({ settings: policy.explain().map(explanation) }),
    policyReport: () => ({ html: policy.report() }),
    policyExport: () => ({ policy: policy.exportJson() }),
  };
}

function explanation({ name, value, source, statements }: SettingExplanation): contract.PolicyExplanation {
  return {
    name,
    value: value ?? null,
    source: source.location,
    statements: statements.map((statement) => ({
      source: statement.source.location,
      sourceKind: statement.source.kind,
      gpo: gpoState(statement.source.gpo),
      disables: statement.value === undefined && statement.source.kind !== 'default',
      value: statement.value ?? null,
      effect: statement.effect,
      reason: statement.reason,
    })),
  };
}

function gpoState(gpo: GroupPolicyObject | undefined): contract.PolicyGpo | null {
  if (gpo === undefined) return null;
  return { id: gpo.guid, name: gpo.name, link: gpo.link ?? null, enforced: gpo.isEnforced };
}

function policyState({ settings, sources, problems, revision }: EffectivePolicy): contract.Policy {
  const names = Object.keys(sources) as PolicySettingName[];
  return {
    settings: names.map((name) => ({
      name,
      value: settings[name] ?? null,
      source: sources[name].location,
      sourceKind: sources[name].kind,
    })),
    problems: problems.map(({ source, setting, message }) => ({
      source: source.location,
      setting: setting ?? null,
      message,
    })),
    revision,
  };
}
