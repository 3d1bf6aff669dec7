/**
 * Explains the resultant set of policy: for each setting, every source that mentions it, which source decided, and why.
 */
import { CALLER_CLASSES } from '../caller.js';
import { DEFAULT_SOURCE, type PolicyLayer } from './merge.js';
import { isClassListName, POLICY_SETTING_NAMES } from './setting-table.js';
import {
  DEFAULT_POLICY_SETTINGS,
  type EffectivePolicy,
  isFromRegistry,
  type PolicySettingName,
  type SettingSource,
} from './settings.js';

export interface SettingStatement {
  readonly source: SettingSource;
  /** The source's value; undefined if the source resets the setting to its default ("disabled" in Group Policy). */
  readonly value: unknown;
  /** `decides`: this value is in force. `contributes`: part of a list in force. `overridden`: a stronger source decides. */
  readonly effect: 'decides' | 'contributes' | 'overridden';
  readonly reason: string;
}

export interface SettingExplanation {
  readonly name: PolicySettingName;
  /** The value in force; undefined if no source sets the setting and it has no default. */
  readonly value: unknown;
  readonly source: SettingSource;
  /** Strongest first; the default comes last. */
  readonly statements: readonly SettingStatement[];
}

/** Explains every setting. `layers` has the values of each source, weakest first. */
export function explainPolicy(policy: EffectivePolicy, layers: readonly PolicyLayer[]): readonly SettingExplanation[] {
  return POLICY_SETTING_NAMES.map((name) => {
    const said = layers.flatMap((layer) => statementIn(layer, name)).reverse();
    const byDefault = { source: DEFAULT_SOURCE, value: DEFAULT_POLICY_SETTINGS[name] };
    const statements = [...said, byDefault].map((statement, index, all) => ({
      ...statement,
      ...effectOf(policy, name, all, index),
    }));
    return { name, value: policy.settings[name], source: policy.sources[name], statements };
  });
}

interface Statement {
  readonly source: SettingSource;
  readonly value: unknown;
}

function statementIn(layer: PolicyLayer, name: PolicySettingName): readonly Statement[] {
  const value = layer.values[name];
  const source = value === undefined ? layer.cleared?.[name] : layer.sources[name];
  return source === undefined ? [] : [{ source, value }];
}

function effectOf(
  policy: EffectivePolicy,
  name: PolicySettingName,
  statements: readonly Statement[],
  index: number,
): Pick<SettingStatement, 'effect' | 'reason'> {
  const statement = statements[index] as Statement;
  const strongest = statements[0] as Statement;
  const fromRegistry = statements.filter(({ source }) => isFromRegistry(source));
  if (contributesToList(policy, name, statement) && fromRegistry.length > 1) {
    return {
      effect: 'contributes',
      reason: 'The entries of all Group Policy lists apply together; its entries are in force.',
    };
  }
  if (index === 0) return { effect: 'decides', reason: whyStrongest(statement, statements[1]) };
  if (isClassListName(name) && contributesToList(policy, name, statement)) {
    return { effect: 'contributes', reason: 'Each caller class has a list of its own; its lists are in force.' };
  }
  return { effect: 'overridden', reason: `${strongest.source.location} is stronger.` };
}

/** Returns whether the setting is a list to which this source contributes entries that are in force. */
function contributesToList(policy: EffectivePolicy, name: PolicySettingName, { source, value }: Statement): boolean {
  if (!policy.sources[name].location.includes(source.location)) return false;
  if (isClassListName(name)) {
    const lists = (value ?? {}) as Readonly<Record<string, readonly number[]>>;
    return CALLER_CLASSES.some((one) => (lists[one] ?? []).some((code) => policy.settings[name][one].includes(code)));
  }
  const inForce = policy.settings[name];
  if (!Array.isArray(value) || !Array.isArray(inForce)) return false;
  return value.some((code) => (inForce as readonly unknown[]).includes(code));
}

const KIND_ORDER = 'defaults, tbsd.json, policy files by name, Registry.pol files in order, Group Policy, the registry';

function whyStrongest({ source, value }: Statement, next: Statement | undefined): string {
  if (next === undefined) return 'No source sets it.';
  const what =
    value === undefined ? 'It disables the setting, which then has its default' : 'It is the strongest source';
  if (source.gpo?.isEnforced === true) return `${what}: its link is enforced.`;
  if (source.kind === 'groupPolicy' && next.source.kind === 'groupPolicy') return `${what}: it applies last.`;
  return `${what} (weakest first: ${KIND_ORDER}).`;
}
