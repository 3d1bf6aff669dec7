/**
 * Registry values after several Registry.pol files were applied in order: the last file wins for each value, and
 * special value names delete. Keys and value names are not case-sensitive, as in the Windows registry.
 *
 * Deletions are recorded with their source: "disabled" in Group Policy is a deletion, and it overrides weaker sources
 * outside the registry, such as local policy files.
 *
 * Special names: [MS-GPREG] section 3.2.5.1.
 */
import { sameBytes } from '../tpm/byte-fields.js';
import { type PolEntry, REGISTRY_TYPES } from './registry-pol.js';
import type { SettingSource } from './settings.js';

export interface RegistryValue extends PolEntry {
  /** The last source that sets the value. */
  readonly source: SettingSource;
  /** Earlier sources that set the same data, so that the value stays when the last one no longer sets it. */
  readonly alsoFrom?: readonly SettingSource[];
}

const DELETE_VALUE = '**del.';
const SOFT_VALUE = '**soft.';
const DELETE_ALL_VALUES = '**delvals';
const DELETE_VALUES = '**deletevalues';
const DELETE_KEYS = '**deletekeys';

/** Cannot be the name of a registry value, which never contains a zero character. */
const WHOLE_KEY = '\0';

/** Top-level keys of HKEY_LOCAL_MACHINE that can have policy. */
const FULL_PATH = /^(?:(?:hklm|hkey_local_machine)\\)?(?:software|system)\\/;

export class RegistryValues {
  /** By key, then by value name, both in lower case. */
  readonly #keys = new Map<string, Map<string, RegistryValue>>();
  /** The latest deletions, by key and value name in lower case; WHOLE_KEY stands for every value of the key. */
  readonly #deletions = new Map<string, Map<string, SettingSource>>();
  /** Keys that were deleted with everything below them. */
  readonly #deletedTrees = new Map<string, SettingSource>();

  static from(values: Iterable<RegistryValue>): RegistryValues {
    const registry = new RegistryValues();
    registry.put(values);
    return registry;
  }

  apply(entries: readonly PolEntry[], source: SettingSource): void {
    for (const entry of entries) this.#applyEntry(entry, source);
  }

  /** Adds values of a registry, where no name is special. */
  put(values: Iterable<RegistryValue>): void {
    for (const value of values) this.#set(value);
  }

  get(key: string, valueName: string): RegistryValue | undefined {
    return this.#keys.get(folded(key))?.get(valueName.toLowerCase());
  }

  /** Returns the values of one key, in the order in which they were first set. */
  valuesOf(key: string): readonly RegistryValue[] {
    return [...(this.#keys.get(folded(key))?.values() ?? [])];
  }

  keys(): readonly string[] {
    return [...this.#keys.keys()];
  }

  /** Returns the source that deleted the value; undefined if it was not deleted, or was set again later. */
  deletionOf(key: string, valueName: string): SettingSource | undefined {
    if (this.get(key, valueName) !== undefined) return undefined;
    const deletions = this.#deletions.get(folded(key));
    return deletions?.get(valueName.toLowerCase()) ?? deletions?.get(WHOLE_KEY) ?? this.#treeDeletionOf(key);
  }

  /** Returns the source that last deleted anything of the key; undefined while the key has values, or if none did. */
  deletionIn(key: string): SettingSource | undefined {
    if (this.valuesOf(key).length > 0) return undefined;
    return [...(this.#deletions.get(folded(key))?.values() ?? [])].pop() ?? this.#treeDeletionOf(key);
  }

  #treeDeletionOf(key: string): SettingSource | undefined {
    const wanted = folded(key);
    const above = [...this.#deletedTrees].filter(([tree]) => wanted === tree || wanted.startsWith(`${tree}\\`));
    return above.pop()?.[1];
  }

  #applyEntry(entry: PolEntry, source: SettingSource): void {
    const name = entry.valueName.toLowerCase();
    if (name.startsWith(DELETE_VALUE)) {
      this.#delete(entry.key, name.slice(DELETE_VALUE.length), source);
    } else if (name.startsWith(SOFT_VALUE)) {
      const valueName = entry.valueName.slice(SOFT_VALUE.length);
      if (this.get(entry.key, valueName) === undefined) this.#set({ ...entry, valueName, source });
    } else if (name.startsWith(DELETE_ALL_VALUES)) {
      this.#deleteKey(folded(entry.key), source);
    } else if (name.startsWith(DELETE_VALUES)) {
      for (const valueName of listed(entry)) this.#delete(entry.key, valueName.toLowerCase(), source);
    } else if (name.startsWith(DELETE_KEYS)) {
      for (const named of listed(entry)) this.#deleteTree(deletedKey(entry.key, named), source);
    } else if (!name.startsWith('**') && !isKeyWithoutValue(entry)) {
      // The remaining special name, **SecureKey, only sets permissions.
      this.#set({ ...entry, source });
    }
  }

  #set(value: RegistryValue): void {
    const key = folded(value.key);
    const values = this.#keys.get(key) ?? new Map<string, RegistryValue>();
    const name = value.valueName.toLowerCase();
    values.set(name, afterOthers(values.get(name), value));
    this.#keys.set(key, values);
    this.#deletions.get(key)?.delete(name);
  }

  #delete(key: string, valueName: string, source: SettingSource): void {
    this.#keys.get(folded(key))?.delete(valueName);
    this.#recordDeletion(folded(key), valueName, source);
  }

  #deleteKey(key: string, source: SettingSource): void {
    this.#keys.delete(key);
    this.#deletions.delete(key);
    this.#recordDeletion(key, WHOLE_KEY, source);
  }

  /** Records the deletion even if nothing is set there, because the domain wants the key to be empty. */
  #deleteTree(key: string, source: SettingSource): void {
    for (const known of [...this.#keys.keys()]) {
      if (known === key || known.startsWith(`${key}\\`)) this.#deleteKey(known, source);
    }
    this.#deletedTrees.delete(key);
    this.#deletedTrees.set(key, source);
  }

  #recordDeletion(key: string, valueName: string, source: SettingSource): void {
    const deletions = this.#deletions.get(key) ?? new Map<string, SettingSource>();
    // Delete first, so that the latest deletion comes last.
    deletions.delete(valueName);
    deletions.set(valueName, source);
    this.#deletions.set(key, deletions);
  }
}

function afterOthers(before: RegistryValue | undefined, value: RegistryValue): RegistryValue {
  if (before === undefined || !isSameContent(before, value)) return value;
  const earlier = [...(before.alsoFrom ?? []), before.source].filter((source) => source !== value.source);
  return earlier.length === 0 ? value : { ...value, alsoFrom: earlier };
}

function isSameContent(left: PolEntry, right: PolEntry): boolean {
  return left.type === right.type && sameBytes(left.data, right.data);
}

/**
 * Returns the key that a deletion names, in lower case. Names are relative to the entry's key, but some tools write the
 * full path below HKEY_LOCAL_MACHINE.
 */
function deletedKey(key: string, named: string): string {
  const name = folded(named);
  const isFullPath = FULL_PATH.test(name);
  return isFullPath || key === '' ? name.replace(/^(?:hklm|hkey_local_machine)\\/, '') : `${folded(key)}\\${name}`;
}

/** Returns whether an entry only ensures that a key exists. */
function isKeyWithoutValue(entry: PolEntry): boolean {
  return entry.valueName === '' && entry.type === REGISTRY_TYPES.REG_NONE && entry.data.length === 0;
}

function folded(key: string): string {
  return key.replace(/^\\+|\\+$/g, '').toLowerCase();
}

/** Returns the names in the data of a deletion, which semicolons separate. */
function listed(entry: PolEntry): readonly string[] {
  return textOf(entry.data)
    .split(';')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Decodes UTF-16LE up to the first zero; ignores an odd last byte. */
export function textOf(data: Uint8Array): string {
  let text = '';
  for (let index = 0; index + 1 < data.length; index += 2) {
    const unit = (data[index] ?? 0) | ((data[index + 1] ?? 0) << 8);
    if (unit === 0) break;
    text += String.fromCharCode(unit);
  }
  return text;
}
