/**
 * Answers TPM_GetCapability for a context: its own handles, and how much it may still hold. The TPM answers everything
 * else. TPM Main Part 2, 21.1 and 21.2.
 */
import { HEADER_BYTES, readUint32 } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_CAP, TPM_CAP_PROP, TPM_RT } from '../../tpm12/codes.js';
import type { SessionKind } from '../../tpm12/command-shape.js';
import { getCapability } from '../../tpm12/commands.js';
import { handleListOf, handleListResponse, isSuccess, numberResponse } from '../../tpm12/responses.js';
import type { VirtualContext } from './handles.js';
import type { Quotas } from './quotas.js';
import type { Sessions } from './sessions.js';
import type { VirtualizerParts } from './virtualizer-parts.js';

export function* runGetCapability(
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  const query = readQuery(command);
  if (query === undefined) return yield command;
  if (query.area === TPM_CAP.KEY_HANDLE || (query.area === TPM_CAP.HANDLE && query.sub === TPM_RT.KEY)) {
    return yield* keyHandles(parts, context);
  }
  if (query.area === TPM_CAP.HANDLE) {
    const own = visibleHandles(parts, context, query.sub);
    return own === undefined ? yield command : handleListResponse(own);
  }
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
  readonly sub: number | undefined;
}

/** Parameters: capArea, subCapSize, subCap. */
function readQuery(command: Uint8Array): CapabilityQuery | undefined {
  const subOffset = HEADER_BYTES + 8;
  if (command.length < subOffset || readUint32(command, HEADER_BYTES + 4) !== command.length - subOffset) {
    return undefined;
  }
  return {
    area: readUint32(command, HEADER_BYTES),
    sub: command.length >= subOffset + 4 ? readUint32(command, subOffset) : undefined,
  };
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

/** Returns undefined if the TPM's own list is the right one. */
function visibleHandles(
  { sessions, saved, daa }: Pick<VirtualizerParts, 'sessions' | 'saved' | 'daa'>,
  context: VirtualContext,
  resourceType: number | undefined,
): readonly number[] | undefined {
  switch (resourceType) {
    case TPM_RT.AUTH:
      return handlesOfKind(sessions, context, 'authSession');
    case TPM_RT.TRANS:
      return handlesOfKind(sessions, context, 'transportSession');
    case TPM_RT.DAA_TPM:
      return daa.ofContext(context.id).map(({ handle }) => handle);
    case TPM_RT.CONTEXT:
      return saved.ofUser(context.caller.userKey).map((session) => session.contextCount);
    default:
      return undefined;
  }
}

function handlesOfKind(sessions: Sessions, context: VirtualContext, kind: SessionKind): number[] {
  return sessions
    .ofContext(context)
    .filter((session) => session.kind === kind)
    .map((session) => session.virtualHandle);
}

/** Returns how much the user may still hold, or may hold at all. The room in the TPM does not matter to callers. */
function propertyFor(quotas: Quotas, context: VirtualContext, property: number | undefined): number | undefined {
  switch (property) {
    case TPM_CAP_PROP.KEYS:
      return quotas.keysAvailableTo(context);
    case TPM_CAP_PROP.AUTHSESS:
    case TPM_CAP_PROP.TRANSESS:
    case TPM_CAP_PROP.SESSIONS:
    case TPM_CAP_PROP.CONTEXT:
      return quotas.sessionsAvailableTo(context.caller.userKey);
    case TPM_CAP_PROP.MAX_KEYS:
      return quotas.keysPerUser;
    case TPM_CAP_PROP.MAX_AUTHSESS:
    case TPM_CAP_PROP.MAX_TRANSESS:
    case TPM_CAP_PROP.MAX_SESSIONS:
    case TPM_CAP_PROP.MAX_CONTEXT:
      return quotas.sessionsPerUser;
    default:
      return undefined;
  }
}

/** "Can a key with these parameters be loaded now?" A full TPM answers no, but the broker makes room. */
function* checkLoaded(
  { keys, quotas }: Pick<VirtualizerParts, 'keys' | 'quotas'>,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  const response = yield command;
  const answerOffset = HEADER_BYTES + 4;
  const saysNo = isSuccess(response) && response.length === answerOffset + 1 && response[answerOffset] === 0;
  const canEvict = [...keys.all()].some((key) => key.physicalHandle !== undefined && !key.ownerEvict);
  if (saysNo && canEvict && quotas.keysAvailableTo(context) > 0) response[answerOffset] = 1;
  return response;
}
