import type { Application } from '../../../application/application.js';
import type { EffectivePolicy, PolicySettingName } from '../../../domain/policy/settings.js';
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
    policyExport: () => ({ policy: policy.exportJson() }),
  };
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
