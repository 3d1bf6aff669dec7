/**
 * Registry values as several Registry.pol files leave them, applied one after the other: value by value the last one
 * wins, and the special value names delete. Keys and value names differ in case as Windows' registry lets them.
 *
 * Special names: [MS-GPREG] section 3.2.5.1.
 */
import { type PolEntry, REGISTRY_TYPES } from './registry-pol.js';
import type { SettingSource } from './settings.js';

export interface RegistryValue extends PolEntry {
  readonly source: SettingSource;
}

const DELETE_VALUE = '**del.';
const SOFT_VALUE = '**soft.';
const DELETE_ALL_VALUES = '**delvals';
const DELETE_VALUES = '**deletevalues';
const DELETE_KEYS = '**deletekeys';

export class RegistryValues {
  /** By key, then by value name, both in lower case. */
  readonly #keys = new Map<string, Map<string, RegistryValue>>();

  static from(values: Iterable<RegistryValue>): RegistryValues {
    const registry = new RegistryValues();
    registry.put(values);
    return registry;
  }

  apply(entries: readonly PolEntry[], source: SettingSource): void {
    for (const entry of entries) this.#applyEntry(entry, source);
  }

  /** Values as a registry holds them: no name is special there. */
  put(values: Iterable<RegistryValue>): void {
    for (const value of values) this.#set(value);
  }

  get(key: string, valueName: string): RegistryValue | undefined {
    return this.#keys.get(folded(key))?.get(valueName.toLowerCase());
  }

  /** The values of one key, in the order in which they were first set. */
  valuesOf(key: string): readonly RegistryValue[] {
    return [...(this.#keys.get(folded(key))?.values() ?? [])];
  }

  keys(): readonly string[] {
    return [...this.#keys.keys()];
  }

  #applyEntry(entry: PolEntry, source: SettingSource): void {
    const name = entry.valueName.toLowerCase();
    if (name.startsWith(DELETE_VALUE)) {
      this.#delete(entry.key, name.slice(DELETE_VALUE.length));
    } else if (name.startsWith(SOFT_VALUE)) {
      const valueName = entry.valueName.slice(SOFT_VALUE.length);
      if (this.get(entry.key, valueName) === undefined) this.#set({ ...entry, valueName, source });
    } else if (name.startsWith(DELETE_ALL_VALUES)) {
      this.#keys.delete(folded(entry.key));
    } else if (name.startsWith(DELETE_VALUES)) {
      for (const valueName of listed(entry)) this.#delete(entry.key, valueName.toLowerCase());
    } else if (name.startsWith(DELETE_KEYS)) {
      for (const subkey of listed(entry)) this.#deleteTree(`${folded(entry.key)}\\${folded(subkey)}`);
    } else if (!name.startsWith('**') && !isKeyWithoutValue(entry)) {
      // What is left of the special names, **SecureKey, only sets permissions.
      this.#set({ ...entry, source });
    }
  }

  #set(value: RegistryValue): void {
    const key = folded(value.key);
    const values = this.#keys.get(key) ?? new Map<string, RegistryValue>();
    values.set(value.valueName.toLowerCase(), value);
    this.#keys.set(key, values);
  }

  #delete(key: string, valueName: string): void {
    this.#keys.get(folded(key))?.delete(valueName);
  }

  #deleteTree(key: string): void {
    for (const known of this.#keys.keys()) {
      if (known === key || known.startsWith(`${key}\\`)) this.#keys.delete(known);
    }
  }
}

/** An entry that only makes sure that a key exists. */
function isKeyWithoutValue(entry: PolEntry): boolean {
  return entry.valueName === '' && entry.type === REGISTRY_TYPES.REG_NONE && entry.data.length === 0;
}

function folded(key: string): string {
  return key.replace(/^\\+|\\+$/g, '').toLowerCase();
}

/** The names, separated by semicolons, that a deletion carries as its data. */
function listed(entry: PolEntry): readonly string[] {
  return textOf(entry.data)
    .split(';')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** UTF-16LE up to the first zero; an odd last byte is left out. */
export function textOf(data: Uint8Array): string {
  let text = '';
  for (let index = 0; index + 1 < data.length; index += 2) {
    const unit = (data[index] ?? 0) | ((data[index + 1] ?? 0) << 8);
    if (unit === 0) break;
    text += String.fromCharCode(unit);
  }
  return text;
}
