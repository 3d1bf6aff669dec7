/**
 * TPM_GetCapability as a context sees it: its own handles, and what of the broker's room is left for it. Everything else
 * is the TPM's own answer. TPM Main Part 2, 21.1 and 21.2.
 */
import { readUint32, responseCodeOf } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_CAP, TPM_CAP_PROP, TPM_RESULT, TPM_RT } from '../../tpm12/codes.js';
import { getCapability } from '../../tpm12/commands.js';
import { handleListOf, handleListResponse, numberResponse } from '../../tpm12/responses.js';
import type { HeldResource } from './resource-table.js';
import type { SpecialCommand } from './special-command.js';
import type { Tpm12Virtualizer } from './tpm12-virtualizer.js';

/** Parameters: capArea, subCapSize, subCap. */
export const runGetCapability: SpecialCommand['run'] = function* (virtualizer, contextId, command) {
  const query = readQuery(command);
  if (query === undefined) return yield command;
  if (query.area === TPM_CAP.KEY_HANDLE || (query.area === TPM_CAP.HANDLE && query.sub === TPM_RT.KEY)) {
    return yield* keyHandles(virtualizer, contextId);
  }
  if (query.area === TPM_CAP.HANDLE) {
    const own = ownHandles(virtualizer, contextId, query.sub);
    return own === undefined ? yield command : handleListResponse(own);
  }
  if (query.area === TPM_CAP.CHECK_LOADED) return yield* checkLoaded(virtualizer, contextId, command);
  const room = query.area === TPM_CAP.PROPERTY ? roomFor(virtualizer, contextId, query.sub) : undefined;
  return room === undefined ? yield command : numberResponse(room);
};

/** Whether a TPM_GetCapability command asks for lists of handles. */
export function asksForHandles(command: Uint8Array): boolean {
  const query = readQuery(command);
  return query !== undefined && (query.area === TPM_CAP.KEY_HANDLE || query.area === TPM_CAP.HANDLE);
}

function readQuery(command: Uint8Array): { readonly area: number; readonly sub: number | undefined } | undefined {
  if (command.length < 18 || readUint32(command, 14) !== command.length - 18) return undefined;
  return { area: readUint32(command, 10), sub: command.length >= 22 ? readUint32(command, 18) : undefined };
}

/** The context's own keys and those that everybody sees: owner-evict keys, and what others than the broker loaded. */
function* keyHandles(virtualizer: Tpm12Virtualizer, contextId: number): Exchange<Uint8Array> {
  const response = yield getCapability(TPM_CAP.HANDLE, TPM_RT.KEY);
  const loaded = handleListOf(response);
  if (loaded === undefined) return response;
  virtualizer.synchronization.noteLoadedKeys(loaded);
  const own = handlesOfKind(virtualizer, contextId, 'key');
  return handleListResponse([...new Set([...own, ...virtualizer.translation.foreignKeys])]);
}

function ownHandles(virtualizer: Tpm12Virtualizer, contextId: number, resourceType: number | undefined) {
  if (resourceType === TPM_RT.AUTH) return handlesOfKind(virtualizer, contextId, 'authSession');
  if (resourceType === TPM_RT.TRANS) return handlesOfKind(virtualizer, contextId, 'transportSession');
  if (resourceType === TPM_RT.DAA_TPM) return virtualizer.daa.ofContext(contextId).map(({ handle }) => handle);
  if (resourceType !== TPM_RT.CONTEXT) return undefined;
  return virtualizer.saved.ofUser(virtualizer.table.userOf(contextId)).map((session) => session.contextCount);
}

function handlesOfKind(virtualizer: Tpm12Virtualizer, contextId: number, kind: HeldResource['kind']): number[] {
  return [...virtualizer.table.ofContext(contextId)]
    .filter((resource) => resource.kind === kind)
    .map((resource) => resource.virtualHandle);
}

/** What the user may still hold, or may hold at all; the TPM's own room is the broker's affair. */
function roomFor(virtualizer: Tpm12Virtualizer, contextId: number, property: number | undefined): number | undefined {
  switch (property) {
    case TPM_CAP_PROP.KEYS:
      return virtualizer.remaining(contextId, 'key');
    case TPM_CAP_PROP.AUTHSESS:
    case TPM_CAP_PROP.TRANSESS:
    case TPM_CAP_PROP.SESSIONS:
    case TPM_CAP_PROP.CONTEXT:
      return virtualizer.remaining(contextId, 'authSession');
    case TPM_CAP_PROP.MAX_KEYS:
      return virtualizer.limits.keysPerUser;
    case TPM_CAP_PROP.MAX_AUTHSESS:
    case TPM_CAP_PROP.MAX_TRANSESS:
    case TPM_CAP_PROP.MAX_SESSIONS:
    case TPM_CAP_PROP.MAX_CONTEXT:
      return virtualizer.limits.sessionsPerUser;
    default:
      return undefined;
  }
}

/** "Can a key with these parameters be loaded now?": no for a full TPM, but the broker makes room. */
function* checkLoaded(virtualizer: Tpm12Virtualizer, contextId: number, command: Uint8Array): Exchange<Uint8Array> {
  const response = yield command;
  const saysNo = responseCodeOf(response) === TPM_RESULT.SUCCESS && response.length === 15 && response[14] === 0;
  const holdsKeys = [...virtualizer.table.keys()].some((key) => key.physicalHandle !== undefined && !key.ownerEvict);
  if (saysNo && holdsKeys && virtualizer.remaining(contextId, 'key') > 0) response[14] = 1;
  return response;
}
