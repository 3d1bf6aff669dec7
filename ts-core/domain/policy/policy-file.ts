/**
 * Parses a policy.d file, a JSON object of settings by name. An unknown or wrong setting or list entry is rejected by
 * name and the others apply, so that one typing error does not switch off the rest of the policy.
 */
import { type CallerClass, isCallerClass } from '../caller.js';
import { type ClassLists, readCommandCode, shown, unknownClass } from './setting-kinds.js';
import { type ClassListName, isPolicySettingName, POLICY_SETTING_NAMES, POLICY_SETTINGS } from './setting-table.js';
import type { PolicySettingName, PolicySettings } from './settings.js';

/**
 * Settings that a source sets; weaker sources decide the rest. A source may set the list of one class only, since each
 * class's list is a value of its own.
 */
export type SettingValues = {
  readonly [Name in PolicySettingName]?: Name extends ClassListName ? ClassLists : PolicySettings[Name];
};

export interface RefusedSetting {
  /** Undefined if the problem concerns the whole file. */
  readonly setting: string | undefined;
  readonly message: string;
}

export interface ReadSettings {
  readonly values: SettingValues;
  readonly refused: readonly RefusedSetting[];
}

export type PolicyFileReading =
  | ({ readonly verdict: 'read' } & ReadSettings)
  | { readonly verdict: 'damaged'; readonly reason: string };

/** `$schema` is for editors and sets nothing. */
const NOTE_KEYS = new Set(['$schema', '$comment']);

export function readPolicyText(text: string): PolicyFileReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { verdict: 'damaged', reason: `not JSON: ${(error as Error).message}` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { verdict: 'damaged', reason: `an object of settings is expected, not ${shown(value)}` };
  }
  return { verdict: 'read', ...readSettings(value) };
}

export function readSettings(object: object): ReadSettings {
  const values: { -readonly [Name in PolicySettingName]?: unknown } = {};
  const refused: RefusedSetting[] = [];
  for (const [name, value] of Object.entries(object)) {
    if (NOTE_KEYS.has(name)) continue;
    if (!isPolicySettingName(name)) {
      refused.push({ setting: name, message: unknownSettingMessage(name) });
      continue;
    }
    const { sound, reasons } = soundPart(value);
    for (const reason of reasons) refused.push({ setting: name, message: `${name}: ${reason}` });
    if (sound === undefined) continue;
    const reading = POLICY_SETTINGS[name].read(sound);
    if (reading.verdict === 'accepted') values[name] = reading.value;
    else refused.push({ setting: name, message: `${name}: ${reading.reason}` });
  }
  return { values: values as SettingValues, refused };
}

interface SoundPart {
  /** Undefined if no part of the value is valid. */
  readonly sound: unknown;
  readonly reasons: readonly string[];
}

/**
 * Returns a list, or lists by class, without the entries that are not codes: one typing error in a list of blocked
 * commands must not unblock all the others.
 */
function soundPart(value: unknown): SoundPart {
  if (Array.isArray(value)) return soundEntries(value);
  if (typeof value !== 'object' || value === null) return { sound: value, reasons: [] };
  const sound: Record<string, unknown> = {};
  const reasons: string[] = [];
  for (const [key, list] of Object.entries(value)) {
    const part = isCallerClass(key) ? soundPartOfClass(key, list) : { sound: undefined, reasons: [unknownClass(key)] };
    reasons.push(...part.reasons);
    if (part.sound !== undefined) sound[key] = part.sound;
  }
  return { sound: reasons.length > 0 && Object.keys(sound).length === 0 ? undefined : sound, reasons };
}

function soundPartOfClass(callerClass: CallerClass, list: unknown): SoundPart {
  if (!Array.isArray(list)) return { sound: list, reasons: [] };
  const { sound, reasons } = soundEntries(list);
  return { sound, reasons: reasons.map((reason) => `${callerClass}: ${reason}`) };
}

function soundEntries(list: readonly unknown[]): SoundPart {
  const readings = list.map(readCommandCode);
  const reasons = readings.flatMap((reading) => (reading.verdict === 'refused' ? [reading.reason] : []));
  const sound = readings.flatMap((reading) => (reading.verdict === 'accepted' ? [reading.value] : []));
  return { sound: reasons.length > 0 && sound.length === 0 ? undefined : sound, reasons };
}

export function unknownSettingMessage(name: string): string {
  const wanted = name.toLowerCase();
  const near = POLICY_SETTING_NAMES.find((known) => known.toLowerCase() === wanted || withinOneEdit(known, name));
  const hint = near === undefined ? `known are ${POLICY_SETTING_NAMES.join(', ')}` : `did you mean "${near}"?`;
  return `unknown setting "${name}"; ${hint}`;
}

function withinOneEdit(known: string, typed: string): boolean {
  let start = 0;
  while (start < known.length && known[start] === typed[start]) start += 1;
  const a = known.slice(start);
  const b = typed.slice(start);
  return a.slice(1) === b || a === b.slice(1) || a.slice(1) === b.slice(1);
}
