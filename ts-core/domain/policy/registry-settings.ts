/**
 * Group Policy's registry values as settings: which key and value each setting has, and what is ignored, clamped or
 * refused, with its reason. Keys and types: Windows' documentation of the TPM Group Policy settings, TPM.admx.
 */
import { CALLER_CLASSES, type CallerClass } from '../caller.js';
import type { SettingValues } from './policy-file.js';
import { REGISTRY_TYPES } from './registry-pol.js';
import { type RegistryValue, type RegistryValues, textOf } from './registry-values.js';
import {
  type Bounds,
  type ClassListName,
  type ClassLists,
  isOsManagedAuthLevel,
  MAX_LISTED_COMMANDS,
  NUMBER_BOUNDS,
  OS_MANAGED_AUTH_LEVELS,
} from './setting-rules.js';
import type { PolicyProblem, PolicySettingName, SettingSource } from './settings.js';

/** Below HKEY_LOCAL_MACHINE; read with everything below it. */
export const POLICY_KEY = 'Software\\Policies\\Microsoft\\TPM';
const BLOCKED_KEY = `${POLICY_KEY}\\BlockedCommands`;
const BLOCKED_LIST_KEY = `${BLOCKED_KEY}\\List`;
/** Windows keeps much else here: only the values and lists named below can be policy. */
export const PREFERENCE_KEY = 'Software\\Microsoft\\Tpm';

const ALLOWED_LIST_KEYS: Readonly<Record<CallerClass, string>> = {
  administrator: `${PREFERENCE_KEY}\\AllowedW8Commands\\List`,
  standardUser: `${PREFERENCE_KEY}\\AllowedW8UserCommands\\List`,
  sandboxedApp: `${PREFERENCE_KEY}\\AllowedW8AppContainerCommands\\List`,
};

export const PREFERENCE_LIST_KEYS: readonly string[] = Object.values(ALLOWED_LIST_KEYS);

/**
 * Values of TPM.admx for features that only Windows has (its provisioning task and its way to compute lockout
 * parameters). A GPO shared with Windows machines carries them rightly, so they are not reported.
 */
const OF_WINDOWS_ALONE = new Set(['uselegacydictionaryattackparameters', 'cleartpmifnotreadygp', 'cleartpmifnotready']);

type FlagName =
  | 'blockedCommandsEnabled'
  | 'ignoreDefaultList'
  | 'ignoreLocalList'
  | 'activeDirectoryBackup'
  | 'requireActiveDirectoryBackup';
type NumberName = keyof typeof NUMBER_BOUNDS;

interface Place {
  readonly key: string;
  readonly valueName: string;
}

const FLAGS: Readonly<Record<FlagName, Place>> = {
  blockedCommandsEnabled: { key: BLOCKED_KEY, valueName: 'Enabled' },
  ignoreDefaultList: { key: BLOCKED_KEY, valueName: 'IgnoreDefaultList' },
  ignoreLocalList: { key: BLOCKED_KEY, valueName: 'IgnoreLocalList' },
  activeDirectoryBackup: { key: POLICY_KEY, valueName: 'ActiveDirectoryBackup' },
  requireActiveDirectoryBackup: { key: POLICY_KEY, valueName: 'RequireActiveDirectoryBackup' },
};

const NUMBERS: Readonly<Partial<Record<NumberName, Place>>> = {
  standardUserAuthorizationFailureDurationMinutes: {
    key: POLICY_KEY,
    valueName: 'StandardUserAuthorizationFailureDuration',
  },
  standardUserAuthorizationFailureIndividualThreshold: {
    key: POLICY_KEY,
    valueName: 'StandardUserAuthorizationFailureIndividualThreshold',
  },
  standardUserAuthorizationFailureTotalThreshold: {
    key: POLICY_KEY,
    valueName: 'StandardUserAuthorizationFailureTotalThreshold',
  },
  maxContexts: { key: PREFERENCE_KEY, valueName: 'MaxContexts' },
  maxResources: { key: PREFERENCE_KEY, valueName: 'MaxResources' },
};

export const PREFERENCE_VALUES: readonly string[] = Object.values(NUMBERS)
  .filter(({ key }) => key === PREFERENCE_KEY)
  .map(({ valueName }) => valueName);

const AUTH_LEVEL: Place = { key: POLICY_KEY, valueName: 'OSManagedAuthLevel' };

export interface RegistrySettings {
  readonly values: SettingValues;
  readonly sources: { readonly [Name in PolicySettingName]?: SettingSource };
  /** Settings that a source deleted, as Group Policy's "disabled" does: they take their default, not a weaker value. */
  readonly cleared: { readonly [Name in PolicySettingName]?: SettingSource };
  readonly problems: readonly PolicyProblem[];
}

/** True for the keys that hold TPM policy, what is below them, and those above, of which a deletion may name them. */
export function mayConcernTpm(key: string): boolean {
  const folded = key.replace(/^\\+|\\+$/g, '').toLowerCase();
  return [POLICY_KEY, PREFERENCE_KEY].some(
    (own) => isUnder(folded, own) || folded === '' || own.toLowerCase().startsWith(`${folded}\\`),
  );
}

export function settingsOfRegistry(registry: RegistryValues): RegistrySettings {
  const reader = new SettingsReader(registry);
  for (const [name, place] of Object.entries(FLAGS)) reader.flag(name as FlagName, place);
  for (const [name, place] of Object.entries(NUMBERS)) reader.number(name as NumberName, place);
  reader.authLevel();
  reader.blockedCommands();
  reader.classLists();
  reader.reportUnknownValues();
  return reader.result();
}

class SettingsReader {
  readonly #registry: RegistryValues;
  readonly #values: { -readonly [Name in keyof SettingValues]: SettingValues[Name] } = {};
  readonly #sources: { [Name in PolicySettingName]?: SettingSource } = {};
  readonly #cleared: { [Name in PolicySettingName]?: SettingSource } = {};
  readonly #problems: PolicyProblem[] = [];
  readonly #known = new Set<RegistryValue>();

  constructor(registry: RegistryValues) {
    this.#registry = registry;
  }

  result(): RegistrySettings {
    return { values: this.#values, sources: this.#sources, cleared: this.#cleared, problems: this.#problems };
  }

  flag(name: FlagName, place: Place): void {
    const read = this.#dword(name, place);
    if (read === undefined) return;
    if (read.number > 1) this.#problem(read.value, name, `${read.number} is out of range (0 or 1) and counts as 1`);
    this.#values[name] = read.number !== 0;
    this.#sources[name] = read.value.source;
  }

  number(name: NumberName, place: Place): void {
    const read = this.#dword(name, place);
    if (read === undefined) return;
    const { min, max }: Bounds = NUMBER_BOUNDS[name];
    const number = Math.min(Math.max(read.number, min), max);
    if (number !== read.number) {
      this.#problem(read.value, name, `${read.number} is out of range (${min} to ${max}) and counts as ${number}`);
    }
    this.#values[name] = number;
    this.#sources[name] = read.value.source;
  }

  authLevel(): void {
    const read = this.#dword('osManagedAuthLevel', AUTH_LEVEL);
    if (read === undefined) return;
    if (!isOsManagedAuthLevel(read.number)) {
      const levels = OS_MANAGED_AUTH_LEVELS.join(', ');
      this.#problem(read.value, 'osManagedAuthLevel', `${read.number} is not a level (${levels}) and is ignored`);
      return;
    }
    this.#values.osManagedAuthLevel = read.number;
    this.#sources.osManagedAuthLevel = read.value.source;
  }

  blockedCommands(): void {
    const codes = new Map<number, SettingSource>();
    for (const value of this.#listEntries(BLOCKED_LIST_KEY, 'blockedCommands')) {
      const verdict = blockedCode(value);
      if (typeof verdict === 'string') this.#problem(value, 'blockedCommands', verdict);
      else codes.set(verdict, value.source);
    }
    if (codes.size === 0) {
      this.#clear('blockedCommands', this.#registry.deletionIn(BLOCKED_LIST_KEY));
      return;
    }
    this.#values.blockedCommands = [...codes.keys()].sort((a, b) => a - b);
    this.#sources.blockedCommands = joinedSource(codes.values());
  }

  /** One value a code: 1 adds it to the allowed list of the class, 0 takes it away. */
  classLists(): void {
    const lists = { allowedCommands: new ClassListBuilder(), disallowedCommands: new ClassListBuilder() };
    for (const callerClass of CALLER_CLASSES) {
      for (const value of this.#listEntries(ALLOWED_LIST_KEYS[callerClass], 'allowedCommands')) {
        const verdict = allowedCode(value);
        if (typeof verdict === 'string') this.#problem(value, 'allowedCommands', verdict);
        else lists[verdict.list].add(callerClass, verdict.code, value.source);
      }
    }
    const deletion = PREFERENCE_LIST_KEYS.map((key) => this.#registry.deletionIn(key)).find((by) => by !== undefined);
    for (const name of ['allowedCommands', 'disallowedCommands'] as const) {
      const source = lists[name].source();
      if (source === undefined) {
        this.#clear(name, deletion);
        continue;
      }
      this.#values[name] = lists[name].lists();
      this.#sources[name] = source;
    }
  }

  /** Everything under the TPM's own keys that was not read above: a slip of the pen should not go unseen. */
  reportUnknownValues(): void {
    for (const key of this.#registry.keys()) {
      if (!isUnder(key, POLICY_KEY) && !isUnder(key, PREFERENCE_KEY)) continue;
      for (const value of this.#registry.valuesOf(key)) {
        if (this.#known.has(value) || value.valueName === '') continue;
        if (OF_WINDOWS_ALONE.has(value.valueName.toLowerCase())) continue;
        this.#problem(value, undefined, 'is not a value that this product knows and is ignored');
      }
    }
  }

  /** The entries of a list, as many as a list may have; the default value of its key is none. */
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
    { key, valueName }: Place,
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

  #clear(setting: PolicySettingName, by: SettingSource | undefined): void {
    if (by !== undefined) this.#cleared[setting] = by;
  }

  #problem(value: RegistryValue, setting: PolicySettingName | undefined, message: string): void {
    this.#problems.push({ source: value.source, setting, message: `${value.key}\\${value.valueName}: ${message}` });
  }
}

class ClassListBuilder {
  readonly #codes = new Map<CallerClass, Set<number>>();
  readonly #sources: SettingSource[] = [];

  add(callerClass: CallerClass, code: number, source: SettingSource): void {
    const codes = this.#codes.get(callerClass) ?? new Set();
    this.#codes.set(callerClass, codes.add(code));
    this.#sources.push(source);
  }

  lists(): ClassLists {
    return Object.fromEntries(
      [...this.#codes].map(([callerClass, codes]) => [callerClass, [...codes].sort((a, b) => a - b)]),
    );
  }

  source(): SettingSource | undefined {
    return this.#sources.length === 0 ? undefined : joinedSource(this.#sources);
  }
}

function dwordOf({ type, data }: RegistryValue): number | undefined {
  if (type !== REGISTRY_TYPES.REG_DWORD || data.length !== 4) return undefined;
  return new DataView(data.buffer, data.byteOffset, 4).getUint32(0, true);
}

/** The code, or why the entry is ignored. */
function blockedCode(value: RegistryValue): number | string {
  if (value.type !== REGISTRY_TYPES.REG_SZ) return `a REG_SZ is expected, not ${describeType(value)}; it is ignored`;
  const text = textOf(value.data);
  if (!/^[0-9]{1,10}$/.test(value.valueName) || Number(value.valueName) > 0xffffffff) {
    return 'the name is not a command code in decimal; the entry is ignored';
  }
  if (text !== value.valueName) return `name and data ("${text.slice(0, 40)}") differ; the entry is ignored`;
  return Number(value.valueName);
}

function allowedCode(value: RegistryValue): { readonly list: ClassListName; readonly code: number } | string {
  if (!/^(?:0x)?[0-9a-f]{1,8}$/i.test(value.valueName)) {
    return 'the name is not a command code in hexadecimal; the entry is ignored';
  }
  const allowed = allowedFlag(value);
  if (allowed === undefined) return `a REG_DWORD is expected, not ${describeType(value)}; it is ignored`;
  const code = Number.parseInt(value.valueName.replace(/^0x/i, ''), 16);
  if (allowed === 1) return { list: 'allowedCommands', code };
  if (allowed === 0) return { list: 'disallowedCommands', code };
  return `${allowed} is neither 0 nor 1; the entry is ignored`;
}

/** Windows keeps a REG_DWORD here; a list in an administrative template can only write REG_SZ. */
function allowedFlag(value: RegistryValue): number | undefined {
  if (value.type !== REGISTRY_TYPES.REG_SZ) return dwordOf(value);
  const text = textOf(value.data).trim();
  return /^[0-9]{1,10}$/.test(text) ? Number(text) : undefined;
}

function describeType({ type, data }: RegistryValue): string {
  const name = Object.entries(REGISTRY_TYPES).find(([, number]) => number === type)?.[0] ?? `type ${type}`;
  return `${name} of ${data.length} bytes`;
}

function isUnder(foldedKey: string, key: string): boolean {
  const parent = key.toLowerCase();
  return foldedKey === parent || foldedKey.startsWith(`${parent}\\`);
}

/** The source of a list that several files made together; files are applied in order, so that the last one is named last. */
function joinedSource(sources: Iterable<SettingSource>): SettingSource {
  const all = [...sources];
  const last = all[all.length - 1];
  const locations = [...new Set(all.map(({ location }) => location))];
  return { ...(last ?? { kind: 'registryPol' }), location: locations.join(', ') };
}
