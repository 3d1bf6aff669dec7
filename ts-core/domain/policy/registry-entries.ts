/** Reads single registry values: numbers, and the entries of the lists of commands. */
import { REGISTRY_TYPES } from './registry-pol.js';
import { type RegistryValue, textOf } from './registry-values.js';

/** Returns the number of a REG_DWORD; undefined for a value of another type or length. */
export function dwordOf({ type, data }: RegistryValue): number | undefined {
  if (type !== REGISTRY_TYPES.REG_DWORD || data.length !== 4) return undefined;
  return new DataView(data.buffer, data.byteOffset, 4).getUint32(0, true);
}

/** Returns the code that an entry of the blocked list names, or the reason why the entry is ignored. */
export function blockedCode(value: RegistryValue): number | string {
  if (value.type !== REGISTRY_TYPES.REG_SZ) return `a REG_SZ is expected, not ${describeType(value)}; it is ignored`;
  const text = textOf(value.data);
  if (!/^[0-9]{1,10}$/.test(value.valueName) || Number(value.valueName) > 0xffffffff) {
    return 'the name is not a command code in decimal; the entry is ignored';
  }
  if (text !== value.valueName) return `name and data ("${text.slice(0, 40)}") differ; the entry is ignored`;
  return Number(value.valueName);
}

/**
 * Returns the code that an entry of an allowed list names, with its data (1: allowed, 0: disallowed), or the reason why
 * the entry is ignored.
 */
export function allowedCode(value: RegistryValue): { readonly data: 0 | 1; readonly code: number } | string {
  if (!/^(?:0x)?[0-9a-f]{1,8}$/i.test(value.valueName)) {
    return 'the name is not a command code in hexadecimal; the entry is ignored';
  }
  const allowed = allowedFlag(value);
  if (allowed === undefined) return `a REG_DWORD is expected, not ${describeType(value)}; it is ignored`;
  const code = Number.parseInt(value.valueName, 16);
  if (allowed === 0 || allowed === 1) return { data: allowed, code };
  return `${allowed} is neither 0 nor 1; the entry is ignored`;
}

/** Reads a REG_DWORD, which Windows writes, or a REG_SZ, the only type that a list in a template can write. */
function allowedFlag(value: RegistryValue): number | undefined {
  if (value.type !== REGISTRY_TYPES.REG_SZ) return dwordOf(value);
  const text = textOf(value.data).trim();
  return /^[0-9]{1,10}$/.test(text) ? Number(text) : undefined;
}

/** Names the type and length of a value, for messages. */
export function describeType({ type, data }: RegistryValue): string {
  const name = Object.entries(REGISTRY_TYPES).find(([, number]) => number === type)?.[0] ?? `type ${type}`;
  return `${name} of ${data.length} bytes`;
}
