/**
 * Reads Group Policy's registry values as settings, and gives a reason for each value that it ignores, clamps or
 * rejects. setting-table.ts has the key and value of each setting.
 */
import { CALLER_CLASSES, type CallerClass } from '../caller.js';
import type { SettingValues } from './policy-file.js';
import { allowedCode, blockedCode, describeType, dwordOf } from './registry-entries.js';
import type { RegistryValue, RegistryValues } from './registry-values.js';
import {
  type Bounds,
  isOsManagedAuthLevel,
  MAX_LISTED_COMMANDS,
  OS_MANAGED_AUTH_LEVELS,
  type RegistryClassLists,
  type RegistryList,
  type RegistryPlace,
  type Setting,
} from './setting-kinds.js';
import { POLICY_KEY, POLICY_SETTINGS, PREFERENCE_KEY } from './setting-table.js';
import {
  type CodeSources,
  codeKey,
  type PolicyProblem,
  type PolicySettingName,
  type SettingSource,
} from './settings.js';

/**
 * Values of TPM.admx for features that only Windows has (its provisioning task and its legacy lockout parameters). They
 * are not reported, since a GPO that also applies to Windows machines may well set them.
 */
const OF_WINDOWS_ALONE = new Set(['uselegacydictionaryattackparameters', 'cleartpmifnotreadygp', 'cleartpmifnotready']);

const SETTINGS = Object.entries(POLICY_SETTINGS) as readonly (readonly [PolicySettingName, Setting])[];

/** The values under PREFERENCE_KEY itself that are policy. */
export const PREFERENCE_VALUES: readonly string[] = SETTINGS.flatMap(([, { registry }]) =>
  'valueName' in registry && registry.key === PREFERENCE_KEY ? [registry.valueName] : [],
);

/** The keys below PREFERENCE_KEY that are policy. */
export const PREFERENCE_LIST_KEYS: readonly string[] = [
  ...new Set(SETTINGS.flatMap(([, { registry }]) => ('keys' in registry ? Object.values(registry.keys) : []))),
];

export interface RegistrySettings {
  readonly values: SettingValues;
  readonly sources: { readonly [Name in PolicySettingName]?: SettingSource };
  readonly codeSources: CodeSources;
  /**
   * Settings that a source deleted, as "disabled" in Group Policy does: they get their defaults, not a weaker source's
   * value.
   */
  readonly cleared: { readonly [Name in PolicySettingName]?: SettingSource };
  readonly problems: readonly PolicyProblem[];
}

/**
 * Returns true for keys that have TPM policy, for the keys below them, and for their parents, because a deletion may
 * name a parent.
 */
export function mayConcernTpm(key: string): boolean {
  const folded = key.replace(/^\\+|\\+$/g, '').toLowerCase();
  return [POLICY_KEY, PREFERENCE_KEY].some(
    (own) => isUnder(folded, own) || folded === '' || own.toLowerCase().startsWith(`${folded}\\`),
  );
}

export function settingsOfRegistry(registry: RegistryValues): RegistrySettings {
  const reader = new SettingsReader(registry);
  for (const [name, setting] of SETTINGS) reader.read(name, setting);
  reader.reportUnknownValues();
  return reader.result();
}

class SettingsReader {
  readonly #registry: RegistryValues;
  /** The value of each setting, of the kind that its row in the table says. */
  readonly #values: { [Name in PolicySettingName]?: unknown } = {};
  readonly #sources: { [Name in PolicySettingName]?: SettingSource } = {};
  readonly #cleared: { [Name in PolicySettingName]?: SettingSource } = {};
  readonly #codeSources: { [Name in PolicySettingName]?: Readonly<Record<string, SettingSource>> } = {};
  readonly #problems: PolicyProblem[] = [];
  readonly #known = new Set<RegistryValue>();
  readonly #reported = new Set<RegistryValue>();

  constructor(registry: RegistryValues) {
    this.#registry = registry;
  }

  result(): RegistrySettings {
    return {
      values: this.#values as SettingValues,
      sources: this.#sources,
      codeSources: this.#codeSources,
      cleared: this.#cleared,
      problems: this.#problems,
    };
  }

  read(name: PolicySettingName, setting: Setting): void {
    if (setting.kind === 'flag') this.#readFlag(name, setting.registry);
    else if (setting.kind === 'number') this.#readNumber(name, setting.registry, setting.bounds);
    else if (setting.kind === 'authLevel') this.#readAuthLevel(name, setting.registry);
    else if (setting.kind === 'codes') this.#readCodes(name, setting.registry);
    else this.#readClassLists(name, setting.registry);
  }

  #readFlag(name: PolicySettingName, place: RegistryPlace): void {
    const read = this.#dword(name, place);
    if (read === undefined) return;
    if (read.number > 1) this.#problem(read.value, name, `${read.number} is out of range (0 or 1) and counts as 1`);
    this.#set(name, read.number !== 0, read.value.source);
  }

  #readNumber(name: PolicySettingName, place: RegistryPlace, { min, max }: Bounds): void {
    const read = this.#dword(name, place);
    if (read === undefined) return;
    const number = Math.min(Math.max(read.number, min), max);
    if (number !== read.number) {
      this.#problem(read.value, name, `${read.number} is out of range (${min} to ${max}) and counts as ${number}`);
    }
    this.#set(name, number, read.value.source);
  }

  #readAuthLevel(name: PolicySettingName, place: RegistryPlace): void {
    const read = this.#dword(name, place);
    if (read === undefined) return;
    if (!isOsManagedAuthLevel(read.number)) {
      const levels = OS_MANAGED_AUTH_LEVELS.join(', ');
      this.#problem(read.value, name, `${read.number} is not a level (${levels}) and is ignored`);
      return;
    }
    this.#set(name, read.number, read.value.source);
  }

  #readCodes(name: PolicySettingName, { key }: RegistryList): void {
    const codes = new Set<number>();
    const sources = new ListSources();
    for (const value of this.#listEntries(key, name)) {
      const verdict = blockedCode(value);
      if (typeof verdict === 'string') this.#problem(value, name, verdict);
      else {
        codes.add(verdict);
        sources.add(codeKey(verdict), value);
      }
    }
    if (codes.size === 0) this.#clear(name, this.#registry.deletionIn(key));
    else this.#setList(name, inOrder(codes), sources);
  }

  /** Two settings share these keys: the data of an entry says which of the two lists has its code. */
  #readClassLists(name: PolicySettingName, { keys, data }: RegistryClassLists): void {
    const lists: { [Class in CallerClass]?: Set<number> } = {};
    const sources = new ListSources();
    for (const callerClass of CALLER_CLASSES) {
      for (const value of this.#listEntries(keys[callerClass], name)) {
        const entry = allowedCode(value);
        if (typeof entry === 'string') this.#problem(value, name, entry);
        else if (entry.data === data) {
          lists[callerClass] = (lists[callerClass] ?? new Set()).add(entry.code);
          sources.add(codeKey(entry.code, callerClass), value);
        }
      }
    }
    if (Object.keys(lists).length === 0) {
      const deletions = Object.values(keys).map((key) => this.#registry.deletionIn(key));
      this.#clear(
        name,
        deletions.find((by) => by !== undefined),
      );
      return;
    }
    const ordered = Object.entries(lists).map(([callerClass, codes]) => [callerClass, inOrder(codes)]);
    this.#setList(name, Object.fromEntries(ordered), sources);
  }

  /** Reports every value under the TPM's own keys that was not read above, so that a typing error is noticed. */
  reportUnknownValues(): void {
    for (const key of this.#registry.keys()) {
      if (!isUnder(key, POLICY_KEY) && !isUnder(key, PREFERENCE_KEY)) continue;
      for (const value of this.#registry.valuesOf(key)) {
        if (this.#known.has(value) || value.valueName === '') continue;
        if (OF_WINDOWS_ALONE.has(value.valueName.toLowerCase())) continue;
        this.#problem(value, undefined, 'is not a known value and is ignored');
      }
    }
  }

  /** Returns the entries of a list, up to the limit. The default value of the key is not an entry. */
  #listEntries(key: string, setting: PolicySettingName): readonly RegistryValue[] {
    const entries = this.#registry.valuesOf(key);
    for (const value of entries) this.#known.add(value);
    const named = entries.filter(({ valueName }) => valueName !== '');
    const [tooMany] = named.slice(MAX_LISTED_COMMANDS);
    if (tooMany !== undefined) {
      const message = `the list has ${named.length} entries; those after ${MAX_LISTED_COMMANDS} are ignored`;
      this.#problem(tooMany, setting, message);
    }
    return named.slice(0, MAX_LISTED_COMMANDS);
  }

  #dword(
    setting: PolicySettingName,
    { key, valueName }: RegistryPlace,
  ): { readonly value: RegistryValue; readonly number: number } | undefined {
    const value = this.#registry.get(key, valueName);
    if (value === undefined) {
      this.#clear(setting, this.#registry.deletionOf(key, valueName));
      return undefined;
    }
    this.#known.add(value);
    const number = dwordOf(value);
    if (number === undefined) {
      this.#problem(value, setting, `a REG_DWORD is expected, not ${describeType(value)}; it is ignored`);
      return undefined;
    }
    return { value, number };
  }

  #set(setting: PolicySettingName, value: unknown, source: SettingSource): void {
    this.#values[setting] = value;
    this.#sources[setting] = source;
  }

  #setList(setting: PolicySettingName, value: unknown, sources: ListSources): void {
    this.#set(setting, value, sources.all());
    this.#codeSources[setting] = sources.byCode();
  }

  #clear(setting: PolicySettingName, by: SettingSource | undefined): void {
    if (by !== undefined) this.#cleared[setting] = by;
  }

  /** Reports each value once: the lists of allowed and disallowed commands are read from the same entries. */
  #problem(value: RegistryValue, setting: PolicySettingName | undefined, message: string): void {
    if (this.#reported.has(value)) return;
    this.#reported.add(value);
    this.#problems.push({ source: value.source, setting, message: `${value.key}\\${value.valueName}: ${message}` });
  }
}

function inOrder(codes: Iterable<number>): readonly number[] {
  return [...codes].sort((a, b) => a - b);
}

function isUnder(foldedKey: string, key: string): boolean {
  const parent = key.toLowerCase();
  return foldedKey === parent || foldedKey.startsWith(`${parent}\\`);
}

/** The sources of a list: of the whole, and of each code. */
class ListSources {
  readonly #byCode = new Map<string, SettingSource[]>();

  add(key: string, { source, alsoFrom }: RegistryValue): void {
    const known = this.#byCode.get(key) ?? [];
    known.push(...(alsoFrom ?? []), source);
    this.#byCode.set(key, known);
  }

  all(): SettingSource {
    return joinedSource([...this.#byCode.values()].flat());
  }

  byCode(): Readonly<Record<string, SettingSource>> {
    return Object.fromEntries([...this.#byCode].map(([key, sources]) => [key, joinedSource(sources)]));
  }
}

/** Returns the source of a list to which one file or several contribute. Files are named in the order in which they apply. */
function joinedSource(sources: Iterable<SettingSource>): SettingSource {
  const all = [...sources];
  const locations = [...new Set(all.map(({ location }) => location))];
  return { ...(all.at(-1) as SettingSource), location: locations.join(', ') };
}
