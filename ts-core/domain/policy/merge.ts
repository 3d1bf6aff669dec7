/**
 * Merges the sources of policy, weakest first. The last source wins, separately for each value.
 *
 * A value is a setting; in `allowedCommands` and `disallowedCommands`, the list of each class is a value of its own. A
 * list in JSON replaces a weaker list completely. Lists from the registry already combine the entries of all
 * Registry.pol files.
 */
import { CALLER_CLASSES, type CallerClass } from '../caller.js';
import type { RefusedSetting, SettingValues } from './policy-file.js';
import { type ClassListName, isClassListName, POLICY_SETTING_NAMES } from './setting-table.js';
import {
  type CodeSources,
  type CodesByClass,
  codeKey,
  DEFAULT_POLICY_SETTINGS,
  type EffectivePolicy,
  type PolicyProblem,
  type PolicySettingName,
  type PolicySettings,
  type SettingSource,
} from './settings.js';

export interface PolicyLayer {
  readonly values: SettingValues;
  readonly sources: { readonly [Name in PolicySettingName]?: SettingSource };
  readonly codeSources?: CodeSources;
  /** Settings that this layer resets to their defaults, overriding weaker layers. */
  readonly cleared?: { readonly [Name in PolicySettingName]?: SettingSource };
  readonly problems: readonly PolicyProblem[];
}

export const DEFAULT_SOURCE: SettingSource = { kind: 'default', location: 'default' };

/** Nobody reads more than this. */
const MAX_PROBLEMS = 256;

/** Creates a layer from a single file or object. */
export function layerOf(
  source: SettingSource,
  values: SettingValues,
  refused: readonly RefusedSetting[] = [],
): PolicyLayer {
  const sources = Object.fromEntries(Object.keys(values).map((name) => [name, source]));
  const problems = refused.map(({ setting, message }) => ({ source, setting, message: `${message}; it is ignored` }));
  return { values, sources, problems };
}

export function mergePolicy(layers: readonly PolicyLayer[], revision: number): EffectivePolicy {
  const settings: Record<string, unknown> = { ...DEFAULT_POLICY_SETTINGS };
  const sources = Object.fromEntries(POLICY_SETTING_NAMES.map((name) => [name, DEFAULT_SOURCE])) as Record<
    PolicySettingName,
    SettingSource
  >;
  const codeSources: { [Name in PolicySettingName]?: Readonly<Record<string, SettingSource>> } = {};
  for (const layer of layers) {
    for (const name of POLICY_SETTING_NAMES) {
      if (isClassListName(name)) continue;
      const value = layer.values[name];
      const clearing = layer.cleared?.[name];
      if (value !== undefined) {
        settings[name] = value;
        sources[name] = layer.sources[name] ?? DEFAULT_SOURCE;
        codeSources[name] = layer.codeSources?.[name] ?? {};
      } else if (clearing !== undefined) {
        settings[name] = DEFAULT_POLICY_SETTINGS[name];
        sources[name] = clearing;
        codeSources[name] = {};
      }
    }
  }
  for (const name of POLICY_SETTING_NAMES.filter(isClassListName)) {
    const merged = mergeClassLists(layers, name);
    settings[name] = merged.lists;
    sources[name] = merged.source;
    codeSources[name] = merged.codeSources;
  }
  const problems = layers.flatMap((layer) => layer.problems);
  const consistent = withConsistentBackup(settings as unknown as PolicySettings, sources);
  const all = [...problems, ...consistent.problems];
  return { settings: consistent.settings, sources, codeSources, problems: bounded(all), revision };
}

function mergeClassLists(
  layers: readonly PolicyLayer[],
  name: ClassListName,
): {
  readonly lists: CodesByClass;
  readonly source: SettingSource;
  readonly codeSources: Readonly<Record<string, SettingSource>>;
} {
  const lists: Record<CallerClass, readonly number[]> = { ...DEFAULT_POLICY_SETTINGS[name] };
  const contributing = new Map<CallerClass, SettingSource>();
  /** Sources of the codes of each class. */
  const codes = new Map<CallerClass, Readonly<Record<string, SettingSource>>>();
  let clearing: SettingSource | undefined;
  for (const { values, sources, codeSources, cleared } of layers) {
    if (cleared?.[name] !== undefined) {
      clearing = cleared[name];
      contributing.clear();
      codes.clear();
      for (const callerClass of CALLER_CLASSES) lists[callerClass] = [];
    }
    for (const callerClass of CALLER_CLASSES) {
      const list = values[name]?.[callerClass];
      if (list === undefined) continue;
      lists[callerClass] = list;
      contributing.set(callerClass, sources[name] ?? DEFAULT_SOURCE);
      codes.set(callerClass, codesOfClass(codeSources?.[name], list, callerClass));
    }
  }
  const inForce = new Set(contributing.values());
  const inOrder = layers.flatMap(({ sources }) => {
    const source = sources[name];
    return source !== undefined && inForce.has(source) ? [source] : [];
  });
  const last = inOrder[inOrder.length - 1] ?? clearing ?? DEFAULT_SOURCE;
  const location = [...new Set(inOrder.map((source) => source.location))].join(', ') || last.location;
  return { lists, source: { ...last, location }, codeSources: Object.assign({}, ...codes.values()) };
}

function codesOfClass(
  sources: Readonly<Record<string, SettingSource>> = {},
  codes: readonly number[],
  callerClass: CallerClass,
): Readonly<Record<string, SettingSource>> {
  const keys = codes.map((code) => codeKey(code, callerClass));
  return Object.fromEntries(keys.flatMap((key) => (sources[key] === undefined ? [] : [[key, sources[key]]])));
}

/** As on Windows, a required backup needs both values: RequireActiveDirectoryBackup alone leaves backup off. */
function withConsistentBackup(
  settings: PolicySettings,
  sources: Readonly<Record<PolicySettingName, SettingSource>>,
): { readonly settings: PolicySettings; readonly problems: readonly PolicyProblem[] } {
  if (settings.activeDirectoryBackup || settings.requireActiveDirectoryBackup !== true) {
    return { settings, problems: [] };
  }
  const problem: PolicyProblem = {
    source: sources.requireActiveDirectoryBackup,
    setting: 'requireActiveDirectoryBackup',
    message: 'requireActiveDirectoryBackup has no effect while activeDirectoryBackup is off; backup is off',
  };
  return { settings: { ...settings, requireActiveDirectoryBackup: false }, problems: [problem] };
}

function bounded(problems: readonly PolicyProblem[]): readonly PolicyProblem[] {
  const [first] = problems;
  if (problems.length <= MAX_PROBLEMS || first === undefined) return problems;
  const left = problems.length - MAX_PROBLEMS;
  return [
    ...problems.slice(0, MAX_PROBLEMS),
    { source: first.source, setting: undefined, message: `${left} more problems are not shown` },
  ];
}
