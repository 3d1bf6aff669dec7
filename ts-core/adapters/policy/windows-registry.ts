/**
 * Reads policy from Windows' registry, the strongest source: everything below the TPM's policy key, and from the TPM's
 * own key, where Windows stores much else, only the values that policy can set.
 */
import { MAX_POL_BYTES } from '../../domain/policy/registry-pol.js';
import { PREFERENCE_LIST_KEYS, PREFERENCE_VALUES } from '../../domain/policy/registry-settings.js';
import type { RegistryValue } from '../../domain/policy/registry-values.js';
import { POLICY_KEY, PREFERENCE_KEY } from '../../domain/policy/setting-table.js';
import type { SettingSource } from '../../domain/policy/settings.js';

/** Reads below HKEY_LOCAL_MACHINE; undefined when there is no such key. Throws the Windows error. */
export interface RegistryReader {
  registryValues(key: string): readonly { name: string; type: number; data: Uint8Array }[] | undefined;
  registrySubkeys(key: string): readonly string[] | undefined;
}

export type WindowsRegistryReading =
  | { readonly state: 'read'; readonly values: readonly RegistryValue[] }
  | { readonly state: 'unusable'; readonly reason: string };

const ROOT = 'HKEY_LOCAL_MACHINE';
/** Group Policy nests two levels deep; a few more are searched, so that unknown values there are reported. */
const MAX_DEPTH = 8;
const MAX_VALUES = 16_384;

/** The location that messages show. */
export const WINDOWS_REGISTRY_SOURCE: SettingSource = { kind: 'windowsRegistry', location: `${ROOT}\\${POLICY_KEY}` };

class TooMuch extends Error {}

export function readWindowsRegistry(registry: RegistryReader): WindowsRegistryReading {
  const collected = new CollectedValues();
  try {
    collectTree(registry, POLICY_KEY, MAX_DEPTH, collected);
    collected.add(PREFERENCE_KEY, registry.registryValues(PREFERENCE_KEY) ?? [], (name) =>
      PREFERENCE_VALUES.some((known) => known.toLowerCase() === name.toLowerCase()),
    );
    for (const key of PREFERENCE_LIST_KEYS) collected.add(key, registry.registryValues(key) ?? []);
    return { state: 'read', values: collected.values };
  } catch (error) {
    return { state: 'unusable', reason: error instanceof Error ? error.message : String(error) };
  }
}

function collectTree(registry: RegistryReader, key: string, depth: number, collected: CollectedValues): void {
  collected.add(key, registry.registryValues(key) ?? []);
  if (depth === 0) return;
  for (const name of registry.registrySubkeys(key) ?? []) {
    collectTree(registry, `${key}\\${name}`, depth - 1, collected);
  }
}

class CollectedValues {
  readonly values: RegistryValue[] = [];
  #bytes = 0;

  add(
    key: string,
    found: readonly { name: string; type: number; data: Uint8Array }[],
    isWanted: (name: string) => boolean = () => true,
  ): void {
    const source: SettingSource = { kind: 'windowsRegistry', location: `${ROOT}\\${key}` };
    for (const { name, type, data } of found) {
      if (!isWanted(name)) continue;
      this.#bytes += data.length;
      if (this.values.length === MAX_VALUES || this.#bytes > MAX_POL_BYTES) {
        throw new TooMuch(`there is more than ${MAX_VALUES} values or ${MAX_POL_BYTES} bytes of them`);
      }
      this.values.push({ key, valueName: name, type, data, source });
    }
  }
}
