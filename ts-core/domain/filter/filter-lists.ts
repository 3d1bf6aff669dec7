/**
 * All lists in force, compiled once for each revision of policy and local lists.
 *
 * The filter runs for every command, so the sets answer "may this class send this code" with one lookup. Which list
 * decides, and why, is worked out from `policy` and `local` only when a command is refused or somebody asks.
 */
import { CALLER_CLASSES, type CallerClass } from '../caller.js';
import type { EffectivePolicy } from '../policy/settings.js';
import type { HandleCondition } from './handle-rules.js';
import type { LocalCommandLists } from './local-command-lists.js';
import { TPM12_DEFAULT_BLOCKED } from './tpm12-default-blocked.js';
import type { AllowedTo, Tpm20AllowedEntry } from './tpm20-allowed/allowed-entry.js';
import { TPM20_ALLOWED } from './tpm20-allowed.js';

export interface ClassLists {
  /** TPM 1.2: all blocked commands. */
  readonly blocked12: ReadonlySet<number>;
  /** TPM 2.0: all allowed commands, without explicitly blocked ones. */
  readonly allowedCommands: ReadonlySet<number>;
  /** TPM 2.0: restrictions on the handles of allowed commands; empty for administrators. */
  readonly conditions20: ReadonlyMap<number, HandleCondition>;
}

export interface FilterLists {
  readonly policy: EffectivePolicy;
  readonly local: LocalCommandLists;
  readonly classes: Readonly<Record<CallerClass, ClassLists>>;
}

const CLASSES_OF: Readonly<Record<AllowedTo, readonly CallerClass[]>> = {
  everyone: CALLER_CLASSES,
  users: ['administrator', 'standardUser'],
  administrators: ['administrator'],
  nobody: [],
};

/** Returns whether the shipped list of TPM 2.0 allows the entry to the class. */
export function isShippedAllowed(entry: Tpm20AllowedEntry, callerClass: CallerClass): boolean {
  return CLASSES_OF[entry.allowedTo].includes(callerClass);
}

/** Compiles the lists. Call it again whenever policy or local lists change. */
export function buildFilterLists(policy: EffectivePolicy, local: LocalCommandLists): FilterLists {
  return {
    policy,
    local,
    classes: {
      administrator: compileClass(policy, local, 'administrator'),
      standardUser: compileClass(policy, local, 'standardUser'),
      sandboxedApp: compileClass(policy, local, 'sandboxedApp'),
    },
  };
}

function compileClass(policy: EffectivePolicy, local: LocalCommandLists, callerClass: CallerClass): ClassLists {
  const { settings } = policy;
  const policyBlocks = settings.blockedCommandsEnabled ? settings.blockedCommands : [];
  const localBlocks12 = settings.ignoreLocalList ? [] : local.blocked['1.2'];
  const localBlocks20 = settings.ignoreLocalList ? [] : local.blocked['2.0'];
  const shipped = TPM20_ALLOWED.filter((entry) => isShippedAllowed(entry, callerClass));
  const granted = [...settings.allowedCommands[callerClass], ...local.allowed[callerClass]];
  const defaultBlocks = settings.ignoreDefaultList ? [] : TPM12_DEFAULT_BLOCKED[callerClass];
  const notGranted = without(new Set(defaultBlocks.map(({ ordinal }) => ordinal)), granted);
  return {
    blocked12: new Set([...policyBlocks, ...localBlocks12, ...notGranted]),
    allowedCommands: without(new Set([...shipped.map(({ code }) => code), ...granted]), [
      ...policyBlocks,
      ...settings.disallowedCommands[callerClass],
      ...localBlocks20,
    ]),
    conditions20: callerClass === 'administrator' ? new Map() : conditionsOf(shipped, new Set(granted)),
  };
}

function without(codes: Set<number>, blocked: readonly number[]): Set<number> {
  for (const code of blocked) codes.delete(code);
  return codes;
}

/** Returns the shipped restrictions of commands that are not granted: a grant is explicit, so it lifts them. */
function conditionsOf(
  shipped: readonly Tpm20AllowedEntry[],
  granted: ReadonlySet<number>,
): ReadonlyMap<number, HandleCondition> {
  const conditions = new Map<number, HandleCondition>();
  for (const { code, condition } of shipped) {
    if (condition !== undefined && !granted.has(code)) conditions.set(code, condition);
  }
  return conditions;
}
