/**
 * The command filter: decides whether this caller may send this command at all.
 *
 * TPM 1.2 blocks the commands on a list. TPM 2.0 allows the commands on a list, except those that policy or the local
 * list blocks. Allowing a command allocates nothing, since that path runs for every command.
 */
import type { CallerClass } from '../caller.js';
import { commandCodeOf } from '../tpm/command-header.js';
import { commandLabel } from '../tpm/command-names.js';
import type { TpmVersion } from '../tpm/tpm-version.js';
import { TPM_ORD } from '../tpm12/codes.js';
import { REFUSED_INSIDE_TRANSPORT, wrappedCommandOf } from '../tpm12/transport.js';
import type { FilterLists } from './filter-lists.js';
import { type HandleRefusal, refusalByHandles } from './handle-rules.js';
import { grantOf, type ListName, type ListStatement, statementsAbout } from './list-statements.js';

export interface FilterInput {
  readonly version: TpmVersion;
  /** TPM 2.0 command code or TPM 1.2 ordinal, from the command's header. */
  readonly code: number;
  /** The whole command. For TPM_ExecuteTransport the inner command is filtered as well. */
  readonly command: Uint8Array;
  /** TPM 2.0: the whole handles in the handle area; null if the TPM does not list the command. TPM 1.2: null. */
  readonly handles: readonly number[] | null;
  readonly callerClass: CallerClass;
  readonly lists: FilterLists;
}

/**
 * `handleRule`: a handle is not allowed to this caller; `embedded`: TPM_ExecuteTransport contains no command that may
 * be sent inside it.
 */
export type DecidingList = ListName | 'handleRule' | 'embedded';

export type BlockedSymbol =
  | 'TPM_E_COMMAND_BLOCKED'
  | 'TPM_E_EMBEDDED_COMMAND_BLOCKED'
  | 'TPM_E_EMBEDDED_COMMAND_UNSUPPORTED';

export interface BlockedVerdict {
  readonly allowed: false;
  /** The result code for the caller (tbs-error.ts). */
  readonly symbol: BlockedSymbol;
  readonly list: DecidingList;
  /** The blocked code; for TPM_ExecuteTransport, the inner one. */
  readonly code: number;
  readonly reason: string;
  /** The file, registry key or shipped list that contains it. */
  readonly source: string;
  /** What an administrator can do to lift the block. */
  readonly liftedBy: string;
}

export type FilterVerdict = { readonly allowed: true } | BlockedVerdict;

const ALLOWED: FilterVerdict = { allowed: true };

/** Decides one submission. */
export function decide(input: FilterInput): FilterVerdict {
  const { version, code, callerClass, lists } = input;
  if (version === '2.0') return decide20(lists, code, input.handles, callerClass);
  if (lists.classes[callerClass].blocked12.has(code)) return blockedByLists(lists, '1.2', code, callerClass);
  return code === TPM_ORD.ExecuteTransport ? decideEmbedded(input) : ALLOWED;
}

/** Decides from the code alone, for lists and questions without an actual command. */
export function decideCode(
  lists: FilterLists,
  version: TpmVersion,
  code: number,
  callerClass: CallerClass,
): FilterVerdict {
  const { blocked12, allowedCommands } = lists.classes[callerClass];
  const allowed = version === '2.0' ? allowedCommands.has(code) : !blocked12.has(code);
  return allowed ? ALLOWED : blockedByLists(lists, version, code, callerClass);
}

function decide20(
  lists: FilterLists,
  code: number,
  handles: readonly number[] | null,
  callerClass: CallerClass,
): FilterVerdict {
  const { allowedCommands, conditions20 } = lists.classes[callerClass];
  if (!allowedCommands.has(code)) return blockedByLists(lists, '2.0', code, callerClass);
  if (callerClass === 'administrator') return ALLOWED;
  const refusal = refusalByHandles(handles, conditions20.get(code));
  return refusal === undefined ? ALLOWED : blockedByHandle(lists, code, callerClass, refusal);
}

function blockedByHandle(
  lists: FilterLists,
  code: number,
  callerClass: CallerClass,
  refusal: HandleRefusal,
): FilterVerdict {
  return {
    allowed: false,
    symbol: 'TPM_E_COMMAND_BLOCKED',
    list: 'handleRule',
    code,
    reason: refusal.reason,
    source: 'handle rules that ship with TpmTbs',
    liftedBy: refusal.liftedByGrant
      ? grantOf(lists, '2.0', code, callerClass)
      : 'Nothing lifts it for this class; an administrator can send the command.',
  };
}

function decideEmbedded({ command, callerClass, lists }: FilterInput): FilterVerdict {
  const wrapped = wrappedCommandOf(command);
  if (wrapped === undefined) {
    return blockedEmbedded(
      'TPM_E_EMBEDDED_COMMAND_BLOCKED',
      TPM_ORD.ExecuteTransport,
      'The command inside TPM_ExecuteTransport cannot be read, so it cannot be checked.',
      'Send a whole command with its right size inside the transport session.',
    );
  }
  const ordinal = commandCodeOf(wrapped);
  if (REFUSED_INSIDE_TRANSPORT.has(ordinal)) {
    return blockedEmbedded(
      'TPM_E_EMBEDDED_COMMAND_UNSUPPORTED',
      ordinal,
      `${commandLabel('1.2', ordinal)} is not carried inside a transport session, where the broker could not follow what it does to keys and sessions.`,
      'Send the command outside of the transport session.',
    );
  }
  if (!lists.classes[callerClass].blocked12.has(ordinal)) return ALLOWED;
  const verdict = blockedByLists(lists, '1.2', ordinal, callerClass);
  return { ...verdict, symbol: 'TPM_E_EMBEDDED_COMMAND_BLOCKED' };
}

function blockedEmbedded(symbol: BlockedSymbol, code: number, reason: string, liftedBy: string): BlockedVerdict {
  return {
    allowed: false,
    symbol,
    list: 'embedded',
    code,
    reason,
    source: 'rules for TPM_ExecuteTransport that ship with TpmTbs',
    liftedBy,
  };
}

/**
 * Names the list that decides: of the statements in force, the first. Called only for commands that the compiled lists
 * block, so there always is one, and it blocks.
 */
function blockedByLists(
  lists: FilterLists,
  version: TpmVersion,
  code: number,
  callerClass: CallerClass,
): BlockedVerdict {
  const statements = statementsAbout(lists, version, code, callerClass);
  const { list, reason, source, liftedBy } = statements.find(({ inForce }) => inForce) as ListStatement;
  return { allowed: false, symbol: 'TPM_E_COMMAND_BLOCKED', list, code, reason, source, liftedBy };
}
