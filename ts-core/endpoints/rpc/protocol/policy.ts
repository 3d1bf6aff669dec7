import { z } from 'zod';
import { method, noParams } from './method.js';

export interface PolicySettingState {
  /** camelCase, as in a policy.d file. */
  readonly name: string;
  readonly value: unknown;
  readonly source: string;
  readonly sourceKind: string;
}

export interface PolicyState {
  readonly settings: readonly PolicySettingState[];
  readonly problems: readonly { readonly source: string; readonly setting: string | null; readonly message: string }[];
  readonly revision: number;
}

export interface PolicyDifferenceState {
  readonly name: string;
  readonly current: unknown;
  readonly desired: unknown;
  readonly source: string;
}

const settings = z.record(z.string().min(1).max(80), z.unknown());

export const policyGet = method<PolicyState>()('policy/get', noParams);

/** Writes settings into the local policy file; null removes one from it. `dryRun` only tells the difference. Administrators only. */
export const policySet = method<PolicyState & { readonly differences: readonly PolicyDifferenceState[] }>()(
  'policy/set',
  z.strictObject({ settings, dryRun: z.boolean().default(false) }),
);

/** Compares what is in force with what is desired; changes nothing. */
export const policyTest = method<{
  readonly compliant: boolean;
  readonly differences: readonly PolicyDifferenceState[];
}>()('policy/test', z.strictObject({ settings }));

/** Keeps a Registry.pol (PReg, base64) as a source of policy. Administrators only. */
export const policyImport = method<PolicyState>()(
  'policy/import',
  z.strictObject({ registryPol: z.base64().max(1_500_000) }),
);

/** What is in force, as the JSON of a policy.d file. */
export const policyExport = method<{ readonly policy: Readonly<Record<string, unknown>> }>()('policy/export', noParams);
