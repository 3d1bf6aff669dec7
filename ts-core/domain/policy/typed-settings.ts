/**
 * Reads settings as people and scripts write them: names of settings, classes and commands in any case, and text
 * instead of numbers and flags, because a CSV file, an environment variable or a command line has only text. Used for
 * callers that set and compare settings; policy files are read strictly.
 */
import { CALLER_CLASSES } from '../caller.js';
import { AUTH_LEVEL_NAMES } from '../owner-auth/effective-level.js';
import { findCommand } from '../tpm/command-names.js';
import type { TpmVersion } from '../tpm/tpm-version.js';
import { isClassListName, POLICY_SETTING_NAMES, POLICY_SETTINGS, type PolicySettingName } from './setting-table.js';

/** The exact names, by the names in lower case. */
const NAMES = new Map(POLICY_SETTING_NAMES.map((name) => [name.toLowerCase(), name]));

/**
 * Returns the settings under their exact names, with values of the right types. A value that cannot be read stays as it
 * is; the rule for the setting then rejects it by name. `version` is the TPM's and decides what a command name without
 * a prefix means.
 */
export function readTypedSettings(
  settings: Readonly<Record<string, unknown>>,
  version: TpmVersion,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(settings).map(([written, value]) => {
      const name = NAMES.get(written.toLowerCase());
      return name === undefined ? [written, value] : [name, readValue(name, value, version)];
    }),
  );
}

function readValue(name: PolicySettingName, value: unknown, version: TpmVersion): unknown {
  // An empty field of a CSV file, or of `name=`, sets nothing.
  if (value === '') return null;
  if (isClassListName(name)) return readClassLists(value, version);
  const { type } = POLICY_SETTINGS[name].schema;
  if (type === 'array') return readCodes(value, version);
  if (type === 'boolean') return readFlag(value);
  if (typeof value !== 'string') return value;
  const text = value.trim();
  return (name === 'osManagedAuthLevel' ? levelNamed(text) : undefined) ?? wholeNumberIn(text) ?? value;
}

/** Returns the number of a level of owner authorization, such as `Full`. */
function levelNamed(text: string): number | undefined {
  const found = Object.entries(AUTH_LEVEL_NAMES).find(([, name]) => name.toLowerCase() === text.toLowerCase());
  return found && Number(found[0]);
}

const DECIMAL = /^\+?((?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})(?:e[+-]?[0-9]{1,2})?)(?:([kmgt])b)?$/i;
const HEXADECIMAL = /^0x[0-9a-f]{1,8}$/i;

/** Returns the number in `120`, `0x78`, or as PowerShell writes numbers, `120.0`, `1.2e2` and `1KB`; undefined for 120.5. */
function wholeNumberIn(text: string): number | undefined {
  if (HEXADECIMAL.test(text)) return Number(text);
  const [, digits, prefix = ''] = DECIMAL.exec(text) ?? [];
  const number = Number(digits) * 1024 ** ' kmgt'.indexOf(prefix.toLowerCase() || ' ');
  return Number.isSafeInteger(number) ? number : undefined;
}

/** Reads also 0 and 1, as Group Policy writes flags and PowerShell converts them. */
function readFlag(value: unknown): unknown {
  const text = typeof value === 'string' || typeof value === 'number' ? `${value}`.trim().toLowerCase() : '';
  if (text === 'true' || text === '1') return true;
  return text === 'false' || text === '0' ? false : value;
}

/** Reads an object of lists, or `StandardUser: 0x126, TPM2_Clear; SandboxedApp: 0x17B`. */
function readClassLists(value: unknown, version: TpmVersion): unknown {
  const lists = typeof value === 'string' ? listsInText(value) : value;
  if (typeof lists !== 'object' || lists === null || Array.isArray(lists)) return value;
  return Object.fromEntries(
    Object.entries(lists)
      // The output of Get-TbsPolicy has an entry for each class, which is null if the class has no list.
      .filter(([, list]) => list !== null)
      .map(([written, list]) => {
        const callerClass = CALLER_CLASSES.find((known) => known.toLowerCase() === written.toLowerCase());
        return [callerClass ?? written, readCodes(list, version)];
      }),
  );
}

function listsInText(text: string): unknown {
  if (/^\s*none\s*$/i.test(text)) return Object.fromEntries(CALLER_CLASSES.map((callerClass) => [callerClass, []]));
  const parts = text.split(';').map((part) => /^\s*([a-z]+)\s*:(.*)$/i.exec(part));
  if (!parts.every((part) => part !== null)) return undefined;
  return Object.fromEntries(parts.map(([, callerClass = '', list = '']) => [callerClass, list]));
}

/**
 * Reads a list, one command, or a text with several commands separated by commas or spaces. The spaces, and the empty text
 * for an empty list, are what ConvertTo-Json makes of a list beyond its depth.
 */
function readCodes(value: unknown, version: TpmVersion): unknown {
  if (typeof value === 'string' && /^\s*(?:none\s*)?$/i.test(value)) return [];
  const entries = typeof value === 'string' ? value.trim().split(/\s*,\s*|\s+/) : value;
  if (typeof entries === 'number') return [entries];
  return Array.isArray(entries) ? entries.map((entry) => readCode(entry, version)) : value;
}

function readCode(entry: unknown, version: TpmVersion): unknown {
  if (typeof entry !== 'string') return entry;
  const other: TpmVersion = version === '2.0' ? '1.2' : '2.0';
  const found = [version, other].map((one) => findCommand(one, entry)).find(({ ok }) => ok);
  return found?.ok === true ? found.code : entry;
}
