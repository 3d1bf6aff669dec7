/**
 * The kinds of policy settings: flags, whole numbers, the level of owner authorization, and lists of command codes.
 * Each kind reads its values from JSON, gives their JSON Schema, and says where they are in the registry.
 */
import { CALLER_CLASSES, type CallerClass } from '../caller.js';

/** Windows' OSManagedAuthLevel: None 0, Delegated 2, Full 4; 5 stores only the lockout authorization of a TPM 2.0. */
export type OsManagedAuthLevel = 0 | 2 | 4 | 5;

export const OS_MANAGED_AUTH_LEVELS: readonly OsManagedAuthLevel[] = [0, 2, 4, 5];

export function isOsManagedAuthLevel(value: unknown): value is OsManagedAuthLevel {
  return OS_MANAGED_AUTH_LEVELS.some((level) => level === value);
}

export type CodesByClass = Readonly<Record<CallerClass, readonly number[]>>;

/**
 * The lists by class that one source sets. Each class's list is a value of its own, so a source may set the list of one
 * class only.
 */
export type ClassLists = { readonly [Class in CallerClass]?: readonly number[] };

/** A list longer than every command code of both TPM versions, vendor codes included, is a mistake or an attack. */
export const MAX_LISTED_COMMANDS = 4096;

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** A registry value below HKEY_LOCAL_MACHINE. */
export interface RegistryPlace {
  readonly key: string;
  readonly valueName: string;
  readonly type: 'REG_DWORD';
}

/** A registry key with one value for each code; name and data are the code in decimal. */
export interface RegistryList {
  readonly key: string;
  readonly type: 'REG_SZ';
}

/** A registry key for each class, with one value for each code, whose name is the code in hexadecimal. */
export interface RegistryClassLists {
  readonly keys: Readonly<Record<CallerClass, string>>;
  readonly type: 'REG_DWORD';
  /** The data that puts the code on this list. */
  readonly data: 0 | 1;
}

/** What every row of the table has, whatever the kind of its setting. */
interface Row<Default, Place> {
  /** In force if no source sets the setting; undefined: unset. */
  readonly default: Default;
  /** For docs/policy.md and the JSON Schema. */
  readonly meaning: string;
  readonly registry: Place;
  /** The policy in the administrative template that sets it: Windows' name (TPM.admx) if Windows has one. */
  readonly admxPolicy: string;
}

export type Reading<Value> =
  | { readonly verdict: 'accepted'; readonly value: Value }
  | { readonly verdict: 'refused'; readonly reason: string };

/** The part of JSON Schema (draft 2020-12) that the settings need. */
export type SettingSchema = Readonly<Record<string, unknown>>;

interface Kind<Name extends string, Input> {
  readonly kind: Name;
  readonly schema: SettingSchema;
  /** Reads a value from JSON; never clamps it. */
  read(value: unknown): Reading<Input>;
}

export type FlagSetting<Default = boolean | undefined> = Row<Default, RegistryPlace> & Kind<'flag', boolean>;
export type NumberSetting = Row<number, RegistryPlace> & Kind<'number', number> & { readonly bounds: Bounds };
export type AuthLevelSetting = Row<OsManagedAuthLevel | undefined, RegistryPlace> &
  Kind<'authLevel', OsManagedAuthLevel>;
export type CodesSetting = Row<readonly number[], RegistryList> & Kind<'codes', readonly number[]>;
export type ClassListsSetting = Row<CodesByClass, RegistryClassLists> & Kind<'classLists', ClassLists>;

export type Setting = FlagSetting | NumberSetting | AuthLevelSetting | CodesSetting | ClassListsSetting;

export function flag<Default extends boolean | undefined>(
  row: Row<Default, RegistryPlace>,
): FlagSetting<boolean | Default> {
  return {
    ...row,
    kind: 'flag',
    schema: { type: 'boolean' },
    read: (value) => (typeof value === 'boolean' ? accepted(value) : refused(`${shown(value)} is not true or false`)),
  };
}

export function wholeNumber(row: Row<number, RegistryPlace> & { readonly bounds: Bounds }): NumberSetting {
  const { min, max } = row.bounds;
  return {
    ...row,
    kind: 'number',
    schema: { type: 'integer', minimum: min, maximum: max },
    read: (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
        ? accepted(value)
        : refused(`${shown(value)} is not a whole number from ${min} to ${max}`),
  };
}

export function authLevel(row: Row<OsManagedAuthLevel | undefined, RegistryPlace>): AuthLevelSetting {
  return {
    ...row,
    kind: 'authLevel',
    schema: { enum: [...OS_MANAGED_AUTH_LEVELS] },
    read: (value) =>
      isOsManagedAuthLevel(value) ? accepted(value) : refused(`${shown(value)} is not a level (0, 2, 4 or 5)`),
  };
}

export function codes(row: Row<readonly number[], RegistryList>): CodesSetting {
  return { ...row, kind: 'codes', schema: codesSchema, read: readCodes };
}

export function classLists(row: Row<CodesByClass, RegistryClassLists>): ClassListsSetting {
  return {
    ...row,
    kind: 'classLists',
    schema: {
      type: 'object',
      properties: Object.fromEntries(CALLER_CLASSES.map((callerClass) => [callerClass, codesSchema])),
      additionalProperties: false,
    },
    read: readClassLists,
  };
}

const codeSchema = {
  anyOf: [
    { type: 'integer', minimum: 0, maximum: 0xffffffff },
    { type: 'string', pattern: '^(0[xX][0-9a-fA-F]{1,8}|[0-9]{1,10})$' },
  ],
};
const codesSchema = { type: 'array', items: codeSchema, maxItems: MAX_LISTED_COMMANDS };

/** Returns a short, harmless form of a foreign value for a message. */
export function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? `${value}` : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

const CODE_TEXT = /^(?:0x[0-9a-f]{1,8}|[0-9]{1,10})$/i;

/** Reads a TPM 1.2 ordinal or TPM 2.0 command code: a number, or text such as `0x17B` or `379`. */
export function readCommandCode(value: unknown): Reading<number> {
  const code = typeof value === 'string' && CODE_TEXT.test(value) ? Number(value) : value;
  if (typeof code === 'number' && Number.isInteger(code) && code >= 0 && code <= 0xffffffff) return accepted(code);
  return refused(`${shown(value)} is not a command code (0 to 4294967295, or text such as "0x17B")`);
}

function readCodes(value: unknown): Reading<readonly number[]> {
  if (!Array.isArray(value)) return refused(`${shown(value)} is not a list of command codes, such as ["0x17B", 294]`);
  if (value.length > MAX_LISTED_COMMANDS) return refused(`more than ${MAX_LISTED_COMMANDS} entries`);
  const listed = new Set<number>();
  for (const entry of value as readonly unknown[]) {
    const reading = readCommandCode(entry);
    if (reading.verdict === 'refused') return reading;
    listed.add(reading.value);
  }
  return accepted([...listed].sort((a, b) => a - b));
}

export function unknownClass(name: string): string {
  return `unknown class "${name}"; known are ${CALLER_CLASSES.join(', ')}`;
}

function readClassLists(value: unknown): Reading<ClassLists> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refused(`${shown(value)} is not an object of lists by class (${CALLER_CLASSES.join(', ')})`);
  }
  const lists: { [Class in CallerClass]?: readonly number[] } = {};
  for (const [key, list] of Object.entries(value)) {
    const callerClass = CALLER_CLASSES.find((known) => known === key);
    if (callerClass === undefined) return refused(unknownClass(key));
    const reading = readCodes(list);
    if (reading.verdict === 'refused') return refused(`${key}: ${reading.reason}`);
    lists[callerClass] = reading.value;
  }
  return accepted(lists);
}

function accepted<Value>(value: Value): Reading<Value> {
  return { verdict: 'accepted', value };
}

function refused(reason: string): Reading<never> {
  return { verdict: 'refused', reason };
}
