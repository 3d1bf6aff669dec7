/**
 * Finds commands by name or number, in any form that people use: `TPM2_GetRandom`, `GetRandom`, `TPM_CC_GetRandom`,
 * `0x17B`, `379`. Lists and logs show `TPM2_GetRandom (0x17B)`. Names are case-insensitive, as in PowerShell.
 */
import { TPM_ORD, TSC_ORD } from '../tpm12/codes.js';
import { TPM_CC, TPMA_CC } from '../tpm20/codes.js';
import type { TpmVersion } from './tpm-version.js';

export interface KnownCommand {
  /** TPM 2.0 command code or TPM 1.2 ordinal. */
  readonly code: number;
  /** As the specification writes it: `TPM2_GetRandom`, `TPM_GetRandom`, `TSC_PhysicalPresence`. */
  readonly name: string;
}

export type CommandLookup =
  | { readonly ok: true; readonly code: number; readonly name: string | undefined }
  | { readonly ok: false; readonly reason: string };

interface NameIndex {
  readonly commands: readonly KnownCommand[];
  readonly byCode: ReadonlyMap<number, string>;
  readonly byBareName: ReadonlyMap<string, KnownCommand>;
}

/** Prefixes that identify the version. `TPM_` alone is used for both: `TPM_GetRandom`, `TPM_CC_GetRandom`. */
const PREFIX = /^(?:tpm2_cc_|tpm_cc_|tpm2_|tpm_ord_|tsc_ord_|tsc_|tpm_)/;
const PREFIX_OF_20 = /^(?:tpm2_cc_|tpm_cc_|tpm2_)/;
const PREFIX_OF_12 = /^(?:tpm_ord_|tsc_ord_|tsc_)/;
const NUMBER = /^(?:0x[0-9a-f]{1,8}|[0-9]{1,10})$/;
const MAX_NAME_CHARACTERS = 64;

const INDEXES: Readonly<Record<TpmVersion, NameIndex>> = {
  '1.2': indexOf([...commandsOf('TPM_', TPM_ORD), ...commandsOf('TSC_', TSC_ORD)]),
  '2.0': indexOf(commandsOf('TPM2_', TPM_CC)),
};

function commandsOf(prefix: string, codes: Readonly<Record<string, number>>): readonly KnownCommand[] {
  return Object.entries(codes).map(([name, code]) => ({ code, name: `${prefix}${name}` }));
}

function indexOf(commands: readonly KnownCommand[]): NameIndex {
  return {
    commands,
    byCode: new Map(commands.map(({ code, name }) => [code, name])),
    byBareName: new Map(commands.map((command) => [bareName(command.name), command])),
  };
}

function bareName(name: string): string {
  return name.toLowerCase().replace(PREFIX, '');
}

/** Returns every named command of the version, ordered by code. */
export function knownCommands(version: TpmVersion): readonly KnownCommand[] {
  return INDEXES[version].commands;
}

/** Returns the specification's name of a code; undefined if it has none here. */
export function commandName(version: TpmVersion, code: number): string | undefined {
  return INDEXES[version].byCode.get(code);
}

/** Formats a code for people: `TPM2_GetRandom (0x17B)`, `TPM_GetRandom (70)`, `unnamed vendor command 0x20000123`. */
export function commandLabel(version: TpmVersion, code: number): string {
  const name = commandName(version, code);
  const number = version === '2.0' ? hexadecimal(code) : `${code}`;
  if (name !== undefined) return `${name} (${number})`;
  return version === '2.0' && (code & TPMA_CC.VENDOR) !== 0
    ? `unnamed vendor command ${number}`
    : `unnamed command ${number}`;
}

function hexadecimal(code: number): string {
  return `0x${code.toString(16).toUpperCase()}`;
}

/** Finds the code for a name or a number. Every 32-bit number is a valid code, named or not. */
export function findCommand(version: TpmVersion, text: string): CommandLookup {
  const wanted = text.trim().toLowerCase();
  if (wanted.length === 0) return { ok: false, reason: 'The name of the command is empty.' };
  if (wanted.length > MAX_NAME_CHARACTERS) return { ok: false, reason: 'The name of the command is too long.' };
  if (NUMBER.test(wanted)) return codeFromNumber(version, text, Number(wanted));
  const command = namesVersion(wanted, version) ? INDEXES[version].byBareName.get(bareName(wanted)) : undefined;
  return command === undefined ? { ok: false, reason: whyUnknown(version, text, wanted) } : { ok: true, ...command };
}

function codeFromNumber(version: TpmVersion, text: string, code: number): CommandLookup {
  if (code > 0xffffffff) return { ok: false, reason: `${text.trim()} is larger than a command code of 32 bits.` };
  return { ok: true, code, name: commandName(version, code) };
}

function namesVersion(wanted: string, version: TpmVersion): boolean {
  return !(version === '2.0' ? PREFIX_OF_12 : PREFIX_OF_20).test(wanted);
}

function whyUnknown(version: TpmVersion, text: string, wanted: string): string {
  const other: TpmVersion = version === '2.0' ? '1.2' : '2.0';
  const elsewhere = namesVersion(wanted, other) ? INDEXES[other].byBareName.get(bareName(wanted)) : undefined;
  const shown = JSON.stringify(text.trim());
  if (elsewhere !== undefined) {
    return `${shown} is a command of TPM ${other} (${elsewhere.name}); this TPM speaks ${version}.`;
  }
  const near = nearestName(version, bareName(wanted));
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  return `${shown} is no known command of TPM ${version}.${hint} Give a name such as ${exampleOf(version)}, or its number.`;
}

function exampleOf(version: TpmVersion): string {
  return version === '2.0' ? 'TPM2_GetRandom' : 'TPM_GetRandom';
}

/** Returns the name that starts with the text, or differs from it by at most two edits; undefined if there is none. */
function nearestName(version: TpmVersion, bare: string): string | undefined {
  const { byBareName } = INDEXES[version];
  let nearest: string | undefined;
  let distance = 3;
  for (const [candidate, { name }] of byBareName) {
    const edits = candidate.startsWith(bare) && bare.length >= 4 ? 1 : editDistance(bare, candidate);
    if (edits < distance) {
      distance = edits;
      nearest = name;
    }
  }
  return nearest;
}

/** Returns the Levenshtein distance, computed one row at a time. Both strings are short. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const replace = (row[j - 1] as number) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[right.length] as number;
}
