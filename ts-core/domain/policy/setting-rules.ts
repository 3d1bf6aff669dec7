/**
 * What each policy setting may be: its bounds, how a JSON value becomes a setting, and its description. One table, from
 * which files, the RPC edge, the published JSON Schema and the documentation take the same answer.
 *
 * Bounds: TPM.admx and Windows' TPM driver hold both thresholds to 0 to 100; the duration is kept in seconds in a
 * 32-bit number there, hence its upper bound in minutes.
 */
import { CALLER_CLASSES, type CallerClass } from '../caller.js';
import type { OsManagedAuthLevel, PolicySettingName, PolicySettings } from './settings.js';

/** Settings as one source gives them: each class's list is a value of its own, so that a source may set but one. */
export type SettingInputs = Omit<PolicySettings, ClassListName> & { readonly [Name in ClassListName]: ClassLists };

export type ClassListName = 'allowedCommands' | 'disallowedCommands';

export type ClassLists = { readonly [Class in CallerClass]?: readonly number[] };

export function isClassListName(name: PolicySettingName): name is ClassListName {
  return name === 'allowedCommands' || name === 'disallowedCommands';
}

export type Reading<Value> =
  | { readonly verdict: 'accepted'; readonly value: Value }
  | { readonly verdict: 'refused'; readonly reason: string };

/** The part of JSON Schema (draft 2020-12) that the settings need. */
export type SettingSchema = Readonly<Record<string, unknown>>;

export interface SettingRule<Value> {
  readonly description: string;
  /** Group Policy setting or registry value that Windows has for it; undefined for settings of this product alone. */
  readonly groupPolicy: string | undefined;
  readonly schema: SettingSchema;
  read(value: unknown): Reading<Value>;
}

/** A list longer than every command code of both TPM versions, vendor codes included, is a mistake or an attack. */
export const MAX_LISTED_COMMANDS = 4096;

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

export const NUMBER_BOUNDS = {
  standardUserAuthorizationFailureDurationMinutes: { min: 0, max: 71_582_788 },
  standardUserAuthorizationFailureIndividualThreshold: { min: 0, max: 100 },
  standardUserAuthorizationFailureTotalThreshold: { min: 0, max: 100 },
  maxContexts: { min: 1, max: 65_536 },
  maxContextsPerUser: { min: 1, max: 65_536 },
  maxResources: { min: 1, max: 65_536 },
} as const satisfies Partial<Record<PolicySettingName, Bounds>>;

export const OS_MANAGED_AUTH_LEVELS: readonly OsManagedAuthLevel[] = [0, 2, 4, 5];

export function isOsManagedAuthLevel(value: unknown): value is OsManagedAuthLevel {
  return OS_MANAGED_AUTH_LEVELS.some((level) => level === value);
}

const accepted = <Value>(value: Value): Reading<Value> => ({ verdict: 'accepted', value });
const refused = (reason: string): Reading<never> => ({ verdict: 'refused', reason });

/** Short and harmless form of a foreign value for a message. */
export function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? `${value}` : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

const CODE_TEXT = /^(?:0x[0-9a-f]{1,8}|[0-9]{1,10})$/i;

/** A TPM 1.2 ordinal or TPM 2.0 command code: a number, or text such as `0x17B` or `379`. */
export function readCommandCode(value: unknown): Reading<number> {
  const code = typeof value === 'string' && CODE_TEXT.test(value) ? Number(value) : value;
  if (typeof code === 'number' && Number.isInteger(code) && code >= 0 && code <= 0xffffffff) return accepted(code);
  return refused(`${shown(value)} is not a command code (0 to 4294967295, or text such as "0x17B")`);
}

function readCodes(value: unknown): Reading<readonly number[]> {
  if (!Array.isArray(value)) return refused(`${shown(value)} is not a list of command codes, such as ["0x17B", 294]`);
  if (value.length > MAX_LISTED_COMMANDS) return refused(`more than ${MAX_LISTED_COMMANDS} entries`);
  const codes = new Set<number>();
  for (const entry of value as readonly unknown[]) {
    const reading = readCommandCode(entry);
    if (reading.verdict === 'refused') return reading;
    codes.add(reading.value);
  }
  return accepted([...codes].sort((a, b) => a - b));
}

export function unknownClass(name: string): string {
  return `unknown class "${name}"; known are ${CALLER_CLASSES.join(', ')}`;
}

function readCodesByClass(value: unknown): Reading<ClassLists> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refused(`${shown(value)} is not an object of lists by class (${CALLER_CLASSES.join(', ')})`);
  }
  const codes: { [Class in CallerClass]?: readonly number[] } = {};
  for (const [key, list] of Object.entries(value)) {
    const callerClass = CALLER_CLASSES.find((known) => known === key);
    if (callerClass === undefined) return refused(unknownClass(key));
    const reading = readCodes(list);
    if (reading.verdict === 'refused') return refused(`${key}: ${reading.reason}`);
    codes[callerClass] = reading.value;
  }
  return accepted(codes);
}

const codeSchema = {
  anyOf: [
    { type: 'integer', minimum: 0, maximum: 0xffffffff },
    { type: 'string', pattern: '^(0[xX][0-9a-fA-F]{1,8}|[0-9]{1,10})$' },
  ],
};
const codesSchema = { type: 'array', items: codeSchema, maxItems: MAX_LISTED_COMMANDS };

function codesByClass(description: string, groupPolicy: string): SettingRule<ClassLists> {
  return {
    description,
    groupPolicy,
    schema: {
      type: 'object',
      properties: Object.fromEntries(CALLER_CLASSES.map((callerClass) => [callerClass, codesSchema])),
      additionalProperties: false,
    },
    read: readCodesByClass,
  };
}

function flag(description: string, groupPolicy: string): SettingRule<boolean> {
  return {
    description,
    groupPolicy,
    schema: { type: 'boolean' },
    read: (value) => (typeof value === 'boolean' ? accepted(value) : refused(`${shown(value)} is not true or false`)),
  };
}

function whole({ min, max }: Bounds, description: string, groupPolicy: string | undefined): SettingRule<number> {
  return {
    description,
    groupPolicy,
    schema: { type: 'integer', minimum: min, maximum: max },
    read: (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
        ? accepted(value)
        : refused(`${shown(value)} is not a whole number from ${min} to ${max}`),
  };
}

export const SETTING_RULES: { readonly [Name in PolicySettingName]: SettingRule<SettingInputs[Name]> } = {
  blockedCommandsEnabled: flag('Turns the list `blockedCommands` on.', 'BlockedCommands\\Enabled'),
  blockedCommands: {
    description: 'Command codes that policy blocks for everybody: TPM 1.2 ordinals or TPM 2.0 command codes.',
    groupPolicy: 'BlockedCommands\\List',
    schema: codesSchema,
    read: readCodes,
  },
  ignoreDefaultList: flag(
    'Ignores the default list of blocked commands (TPM 1.2). Never opens the allowed lists of TPM 2.0.',
    'BlockedCommands\\IgnoreDefaultList',
  ),
  ignoreLocalList: flag(
    'Ignores the list that local administrators keep (`Add-TbsCommandBlock`).',
    'BlockedCommands\\IgnoreLocalList',
  ),
  allowedCommands: codesByClass(
    'TPM 2.0 command codes added to the allowed lists, by class of caller; vendor codes included.',
    'AllowedW8Commands\\List and its siblings, value 1',
  ),
  disallowedCommands: codesByClass(
    'TPM 2.0 command codes taken from the allowed lists, by class of caller; stronger than every grant.',
    'AllowedW8Commands\\List and its siblings, value 0',
  ),
  osManagedAuthLevel: {
    description:
      'How much owner authorization is kept on the machine: 0 None, 2 Delegated, 4 Full, 5 (TPM 2.0: the lockout authorization only). Unset: 4 when backup is off, 2 when it is on.',
    groupPolicy: 'OSManagedAuthLevel',
    schema: { enum: [...OS_MANAGED_AUTH_LEVELS] },
    read: (value) =>
      isOsManagedAuthLevel(value) ? accepted(value) : refused(`${shown(value)} is not a level (0, 2, 4 or 5)`),
  },
  activeDirectoryBackup: flag('Backs the owner authorization up to AD DS.', 'ActiveDirectoryBackup'),
  requireActiveDirectoryBackup: flag(
    'Refuses a change of the owner authorization unless its backup succeeds. Unset: as `activeDirectoryBackup`.',
    'RequireActiveDirectoryBackup',
  ),
  standardUserAuthorizationFailureDurationMinutes: whole(
    NUMBER_BOUNDS.standardUserAuthorizationFailureDurationMinutes,
    'Length, in minutes, of the sliding window in which authorization failures count. 0: none counts.',
    'StandardUserAuthorizationFailureDuration',
  ),
  standardUserAuthorizationFailureIndividualThreshold: whole(
    NUMBER_BOUNDS.standardUserAuthorizationFailureIndividualThreshold,
    'Failures of one standard user that close the gate for that user. 0: no authorized command at all.',
    'StandardUserAuthorizationFailureIndividualThreshold',
  ),
  standardUserAuthorizationFailureTotalThreshold: whole(
    NUMBER_BOUNDS.standardUserAuthorizationFailureTotalThreshold,
    'Failures of all standard users together that close the gate for all of them. 0: no authorized command at all.',
    'StandardUserAuthorizationFailureTotalThreshold',
  ),
  maxContexts: whole(
    NUMBER_BOUNDS.maxContexts,
    'Contexts open at once, of all users together; one in 16 is kept for administrators.',
    'MaxContexts',
  ),
  maxContextsPerUser: whole(NUMBER_BOUNDS.maxContextsPerUser, 'Contexts open at once of one user.', undefined),
  maxResources: whole(NUMBER_BOUNDS.maxResources, 'Virtual resources of one context.', 'MaxResources'),
};

export const POLICY_SETTING_NAMES = Object.keys(SETTING_RULES) as readonly PolicySettingName[];

export function isPolicySettingName(name: string): name is PolicySettingName {
  return Object.hasOwn(SETTING_RULES, name);
}
