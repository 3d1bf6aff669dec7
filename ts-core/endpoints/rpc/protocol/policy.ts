/** Policy: the settings in force with their sources, and changing them on this machine. */
import * as z from 'zod';
import { ADMINISTRATOR_ONLY, NOT_SANDBOXED } from '../../access.js';
import { type Described, method, noParams, objectType } from './method.js';
import { base64Bytes, count } from './values.js';

const settingName = z.string().describe('The setting’s name, camelCase as in a policy.d file.');

export const PolicySetting = objectType('PolicySetting', 'A policy setting in force.', {
  name: settingName,
  value: z.unknown().describe('The value in force; null if no source sets it and it has no default.'),
  source: z.string().describe('Where the value comes from: default, a file’s path, a registry key.'),
  sourceKind: z
    .enum(['default', 'configuration', 'policyFile', 'registryPol', 'groupPolicy', 'windowsRegistry'])
    .describe('The kind of source.'),
});
export type PolicySetting = Described<typeof PolicySetting>;

export const PolicyProblem = objectType('PolicyProblem', 'A value in a policy source that was ignored or limited.', {
  source: z.string().describe('The source that contains it.'),
  setting: z.string().nullable().describe('The setting; null if the whole source is affected.'),
  message: z.string().describe('What is wrong.'),
});
export type PolicyProblem = Described<typeof PolicyProblem>;

export const PolicyDifference = objectType('PolicyDifference', 'A setting whose value differs from the desired one.', {
  name: settingName,
  current: z.unknown().describe('The value in force; null if there is none.'),
  desired: z.unknown().describe('The desired value; null if the local policy file no longer sets it.'),
  source: z.string().describe('Where the value in force comes from.'),
});
export type PolicyDifference = Described<typeof PolicyDifference>;

const stateShape = {
  settings: z.array(PolicySetting).describe('Every setting.'),
  problems: z.array(PolicyProblem).describe('Values in the sources that were ignored or limited.'),
  revision: count.describe('Increases by one with every change of the policy in force.'),
};

export const Policy = objectType('Policy', 'The policy in force.', stateShape);
export type Policy = Described<typeof Policy>;

export const PolicyChange = objectType('PolicyChange', 'The policy after a change.', {
  ...stateShape,
  differences: z.array(PolicyDifference).describe('What the call changed, or would change.'),
});
export type PolicyChange = Described<typeof PolicyChange>;

export const PolicyCompliance = objectType('PolicyCompliance', 'Whether desired settings are in force.', {
  compliant: z.boolean().describe('Whether all of them are in force.'),
  differences: z.array(PolicyDifference).describe('The settings that are not in force.'),
});
export type PolicyCompliance = Described<typeof PolicyCompliance>;

export const PolicyGpo = objectType('PolicyGpo', 'A Group Policy object of the domain.', {
  id: z.string().describe('Its GUID, in braces.'),
  name: z.string().describe('Its display name.'),
  link: z
    .string()
    .nullable()
    .describe('Distinguished name of the container that links it; null if the domain client does not report it.'),
  enforced: z.boolean().describe('Whether the link is enforced.'),
});
export type PolicyGpo = Described<typeof PolicyGpo>;

export const PolicyStatement = objectType('PolicyStatement', 'The value that one source has for a setting.', {
  source: z.string().describe('The source: default, a file’s path, a GPO, a registry key.'),
  sourceKind: PolicySetting.shape.sourceKind,
  gpo: PolicyGpo.nullable().describe('The GPO; null for other sources.'),
  disables: z.boolean().describe('Whether the source disables the setting, which restores its default.'),
  value: z.unknown().describe('The source’s value; null if it disables the setting.'),
  effect: z
    .enum(['decides', 'contributes', 'overridden'])
    .describe('Whether this value is in force, is part of a list in force, or is overridden.'),
  reason: z.string().describe('Why, in a sentence.'),
});
export type PolicyStatement = Described<typeof PolicyStatement>;

export const PolicyExplanation = objectType('PolicyExplanation', 'Why a setting has its value.', {
  name: settingName,
  value: PolicySetting.shape.value,
  source: PolicySetting.shape.source,
  statements: z.array(PolicyStatement).describe('Every source that mentions the setting, strongest first.'),
});
export type PolicyExplanation = Described<typeof PolicyExplanation>;

export const PolicyExplanations = objectType('PolicyExplanations', 'The resultant set of policy.', {
  settings: z.array(PolicyExplanation).describe('Every setting.'),
});
export type PolicyExplanations = Described<typeof PolicyExplanations>;

const desiredSettings = z.record(z.string().min(1).max(80), z.unknown());

export const policyGet = method('policy/get', {
  summary: 'Returns every setting in force, with its source.',
  access: NOT_SANDBOXED,
  params: noParams,
  result: Policy,
});

export const policySet = method('policy/set', {
  summary:
    'Writes settings into the local policy file, also where only Group Policy has put the same value into force.',
  access: ADMINISTRATOR_ONLY,
  params: z.strictObject({
    settings: desiredSettings.describe('Values by name; null removes a setting from the file.'),
    dryRun: z.boolean().default(false).describe('Only reports the differences.'),
  }),
  result: PolicyChange,
  example: { settings: { maxContexts: 100 } },
});

export const policyTest = method('policy/test', {
  summary: 'Compares the policy in force with desired settings.',
  access: NOT_SANDBOXED,
  params: z.strictObject({ settings: desiredSettings.describe('The desired values by name.') }),
  result: PolicyCompliance,
  example: { settings: { maxContexts: 100 } },
});

export const policyRefresh = method('policy/refresh', {
  summary: 'Reads every policy source again now.',
  access: ADMINISTRATOR_ONLY,
  params: noParams,
  result: Policy,
});

export const policyExplain = method('policy/explain', {
  summary: 'Returns every source that mentions each setting, and which one decides.',
  access: NOT_SANDBOXED,
  params: noParams,
  result: PolicyExplanations,
});

export const policyReport = method('policy/report', {
  summary: 'Returns the resultant set of policy as a self-contained HTML page.',
  access: NOT_SANDBOXED,
  params: noParams,
  result: z.strictObject({ html: z.string().describe('The page.') }),
});

export const policyImport = method('policy/import', {
  summary: 'Stores a Registry.pol as a policy source.',
  access: ADMINISTRATOR_ONLY,
  params: z.strictObject({ registryPol: base64Bytes.max(1_500_000).describe('The file’s content (PReg).') }),
  result: Policy,
});

export const policyExport = method('policy/export', {
  summary: 'Returns the policy in force as the JSON of a policy.d file.',
  access: NOT_SANDBOXED,
  params: noParams,
  result: z.strictObject({
    policy: z.record(z.string(), z.unknown()).describe('The content of a policy.d file.'),
  }),
});
