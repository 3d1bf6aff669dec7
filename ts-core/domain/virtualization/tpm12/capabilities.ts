/**
 * Answers TPM_GetCapability for a context: its own handles, and how much it may still hold. The TPM answers everything
 * else. TPM Main Part 2, 21.1 and 21.2.
 */
import { HEADER_BYTES, readUint32 } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_CAP, TPM_CAP_PROP, TPM_RT } from '../../tpm12/codes.js';
import { getCapability } from '../../tpm12/commands.js';
import { handleListOf, handleListResponse, numberResponse } from '../../tpm12/responses.js';
import { kindOfResourceType, type VirtualContext } from './handles.js';
import type { Quotas } from './quotas.js';
import type { VirtualizerParts } from './virtualizer-parts.js';

export function* runGetCapability(
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  const query = readQuery(command);
  if (query === undefined) return yield command;
  if (query.area === TPM_CAP.KEY_HANDLE) return yield* keyHandles(parts, context);
  if (query.area === TPM_CAP.HANDLE) return yield* visibleHandles(parts, context, command, query.sub);
  if (query.area === TPM_CAP.CHECK_LOADED) return yield* checkLoaded(parts, context, command);
  const value = query.area === TPM_CAP.PROPERTY ? propertyFor(parts.quotas, context, query.sub) : undefined;
  return value === undefined ? yield command : numberResponse(value);
}

/** Returns whether a TPM_GetCapability command asks for a list of handles. */
export function asksForHandles(command: Uint8Array): boolean {
  const query = readQuery(command);
  return query !== undefined && (query.area === TPM_CAP.KEY_HANDLE || query.area === TPM_CAP.HANDLE);
}

interface CapabilityQuery {
  readonly area: number;
  readonly sub: number;
}

/** Parameters: capArea, subCapSize, subCap. */
function readQuery(command: Uint8Array): CapabilityQuery | undefined {
  const subOffset = HEADER_BYTES + 8;
  // Negative if the command ends before subCap; no size equals that.
  if (readUint32(command, HEADER_BYTES + 4) !== command.length - subOffset) return undefined;
  return { area: readUint32(command, HEADER_BYTES), sub: readUint32(command, subOffset) };
}

/**
 * Lists the context's own keys and those that every context sees: owner-evict keys, and keys that other programs
 * loaded.
 */
function* keyHandles(
  { keys, reconciliation }: Pick<VirtualizerParts, 'keys' | 'reconciliation'>,
  context: VirtualContext,
): Exchange<Uint8Array> {
  const response = yield getCapability(TPM_CAP.HANDLE, TPM_RT.KEY);
  const loaded = handleListOf(response);
  if (loaded === undefined) return response;
  reconciliation.noteUnmanaged(loaded);
  const own = context.keys().map((key) => key.virtualHandle);
  return handleListResponse([...new Set([...own, ...keys.unmanaged])]);
}

/** Lists the context's own handles of a type; the TPM answers for types that the broker does not virtualize. */
function* visibleHandles(
  parts: Pick<VirtualizerParts, 'keys' | 'sessions' | 'saved' | 'daa' | 'reconciliation'>,
  context: VirtualContext,
  command: Uint8Array,
  resourceType: number,
): Exchange<Uint8Array> {
  const { sessions, saved, daa } = parts;
  if (resourceType === TPM_RT.DAA_TPM) {
    return handleListResponse(daa.ofContext(context.id).map(({ handle }) => handle));
  }
  if (resourceType === TPM_RT.CONTEXT) {
    return handleListResponse(saved.ofUser(context.caller.userKey).map(({ contextCount }) => contextCount));
  }
  const kind = kindOfResourceType(resourceType);
  if (kind === undefined) return yield command;
  if (kind === 'key') return yield* keyHandles(parts, context);
  const own = sessions.ofContext(context).filter((session) => session.kind === kind);
  return handleListResponse(own.map(({ virtualHandle }) => virtualHandle));
}

/** How many more sessions fit, of one kind or another: a user's limit is on all of them together. */
const ROOM_FOR_SESSIONS: ReadonlySet<number> = new Set([
  TPM_CAP_PROP.AUTHSESS,
  TPM_CAP_PROP.TRANSESS,
  TPM_CAP_PROP.SESSIONS,
  TPM_CAP_PROP.CONTEXT,
]);
const MOST_SESSIONS: ReadonlySet<number> = new Set([
  TPM_CAP_PROP.MAX_AUTHSESS,
  TPM_CAP_PROP.MAX_TRANSESS,
  TPM_CAP_PROP.MAX_SESSIONS,
  TPM_CAP_PROP.MAX_CONTEXT,
]);

/** Returns how much the user may still hold, or may hold at all. The room in the TPM does not matter to callers. */
function propertyFor(quotas: Quotas, context: VirtualContext, property: number): number | undefined {
  if (property === TPM_CAP_PROP.KEYS) return quotas.keysAvailableTo(context);
  if (property === TPM_CAP_PROP.MAX_KEYS) return quotas.keysPerUser;
  if (ROOM_FOR_SESSIONS.has(property)) return quotas.sessionsAvailableTo(context.caller.userKey);
  return MOST_SESSIONS.has(property) ? quotas.sessionsPerUser : undefined;
}

/** Answers whether a key with these parameters can be loaded now. A full TPM says no, but the broker can make room. */
function* checkLoaded(
  { keys, quotas }: Pick<VirtualizerParts, 'keys' | 'quotas'>,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  const response = yield command;
  const answerOffset = HEADER_BYTES + 4;
  const saysNo = response.length === answerOffset + 1 && response[answerOffset] === 0;
  const canEvict = keys.leastRecentlyUsed() !== undefined;
  if (saysNo && canEvict && quotas.keysAvailableTo(context) > 0) response[answerOffset] = 1;
  return response;
}
