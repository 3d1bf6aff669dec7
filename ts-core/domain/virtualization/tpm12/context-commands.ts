/**
 * TPM_SaveContext and TPM_LoadContext by callers, and their forerunners of TPM 1.1. Key blobs are bearer blobs, as on a
 * TPM. Saved sessions belong to the user who saved them: another user's blob is answered like a bad one.
 */
import { readUint32, responseCodeOf, writeUint32 } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { isReservedKeyHandle, TPM_ORD, TPM_RESULT, TPM_RT } from '../../tpm12/codes.js';
import { loadContext } from '../../tpm12/commands.js';
import { firstHandle, firstSizedBuffer, refusal } from '../../tpm12/responses.js';
import { readContextBlob } from '../../tpm12/structures.js';
import { ordinalOf } from './command-shape.js';
import { saysNoRoom, unknownHandleCode } from './residency.js';
import type { CallerSavedSession, HeldKey, HeldResource, HeldSession } from './resource-table.js';
import { kindOfResourceType, type SpecialCommand } from './special-command.js';
import type { Tpm12Virtualizer } from './tpm12-virtualizer.js';

type Run = SpecialCommand['run'];

/** Key blobs whose virtual handle is remembered for keepHandle; more would only be a hoard. */
const MAX_REMEMBERED_BLOBS = 256;
const MAX_ROUNDS = 64;

export const runSaveContext: Run = function* (virtualizer, contextId, command) {
  if (command.length !== 34) return refusal(TPM_RESULT.BAD_PARAM_SIZE);
  const kind = kindOfResourceType(readUint32(command, 14));
  if (kind === undefined) return refusal(TPM_RESULT.INVALID_RESOURCE);
  const held = virtualizer.table.find(contextId, kind, readUint32(command, 10));
  if (held === undefined) {
    const foreign = kind === 'key' && virtualizer.translation.foreignKeys.has(readUint32(command, 10));
    return refusal(foreign ? TPM_RESULT.OWNER_CONTROL : unknownHandleCode(kind));
  }
  return yield* save(virtualizer, held, command);
};

export const runSaveAuthContext: Run = function* (virtualizer, contextId, command) {
  if (command.length !== 14) return refusal(TPM_RESULT.BAD_PARAM_SIZE);
  const held = virtualizer.table.find(contextId, 'authSession', readUint32(command, 10));
  if (held === undefined) return refusal(TPM_RESULT.INVALID_AUTHHANDLE);
  return yield* save(virtualizer, held, command);
};

/** Sends the caller's own save command. A session leaves the context with it, a key stays. */
function* save(virtualizer: Tpm12Virtualizer, held: HeldResource, command: Uint8Array): Exchange<Uint8Array> {
  const ready = yield* virtualizer.residency.ensure([held], new Set());
  if (ready !== TPM_RESULT.SUCCESS || held.physicalHandle === undefined) return refusal(ready);
  const physical = command.slice();
  writeUint32(physical, 10, held.physicalHandle);
  let response = yield physical;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (!(yield* virtualizer.residency.savedRoom.make(responseCodeOf(response)))) break;
    response = yield physical;
  }
  const blob = responseCodeOf(response) === TPM_RESULT.SUCCESS ? firstSizedBuffer(response) : undefined;
  if (blob === undefined) return response;
  if (held.kind === 'key') rememberKeyBlob(virtualizer, held, blob);
  else becomeCallerSaved(virtualizer, held, blob);
  return response;
}

function rememberKeyBlob(virtualizer: Tpm12Virtualizer, key: HeldKey, blob: Uint8Array): void {
  const facts = readContextBlob(blob);
  if (facts === undefined) return;
  const remembered = virtualizer.savedKeyHandles;
  const oldest = remembered.keys().next();
  if (remembered.size >= MAX_REMEMBERED_BLOBS && !oldest.done) remembered.delete(oldest.value);
  remembered.set(facts.integrityDigest, key.virtualHandle);
}

function becomeCallerSaved(virtualizer: Tpm12Virtualizer, session: HeldSession, blob: Uint8Array): void {
  const { id, kind, userKey, virtualHandle, link, transportAttributes } = session;
  const contextCount = readContextBlob(blob)?.contextCount ?? 0;
  const current = { blob, contextCount };
  virtualizer.table.remove(session);
  virtualizer.saved.add({ id, kind, userKey, blob, contextCount, current, virtualHandle, link, transportAttributes });
  virtualizer.residency.savedRoom.noteSaved(contextCount);
  virtualizer.changed();
}

/** Parameters: entityHandle, keepHandle, contextSize, contextBlob. */
export const runLoadContext: Run = function* (virtualizer, contextId, command) {
  if (command.length < 19 || readUint32(command, 15) !== command.length - 19) return refusal(TPM_RESULT.BAD_PARAM_SIZE);
  const blob = command.slice(19);
  const facts = readContextBlob(blob);
  if (facts === undefined) return refusal(TPM_RESULT.BADCONTEXT);
  const keepsHandle = command[14] !== 0;
  if (facts.resourceType === TPM_RT.KEY) {
    const wanted = virtualizer.savedKeyHandles.get(facts.integrityDigest) ?? facts.handle;
    return yield* loadKeyBlob(virtualizer, contextId, command, { wanted, keepsHandle, blob });
  }
  const session = virtualizer.saved.find(virtualizer.table.userOf(contextId), blob);
  if (session === undefined) return refusal(TPM_RESULT.BADCONTEXT);
  const current = loadContext(session.current.blob, readUint32(command, 10));
  return yield* loadSession(virtualizer, contextId, current, session, keepsHandle);
};

export const runLoadKeyContext: Run = function* (virtualizer, contextId, command) {
  return yield* loadKeyBlob(virtualizer, contextId, command, { keepsHandle: false });
};

interface KeyBlobFacts {
  readonly wanted?: number;
  readonly keepsHandle: boolean;
  readonly blob?: Uint8Array;
}

function* loadKeyBlob(
  virtualizer: Tpm12Virtualizer,
  contextId: number,
  command: Uint8Array,
  facts: KeyBlobFacts,
): Exchange<Uint8Array> {
  if (virtualizer.remaining(contextId, 'key') <= 0) return refusal(TPM_RESULT.RESOURCES);
  const { wanted } = facts;
  if (facts.keepsHandle && wanted !== undefined && virtualizer.table.find(contextId, 'key', wanted) !== undefined) {
    return refusal(TPM_RESULT.BAD_HANDLE);
  }
  const physical = command.slice();
  // Which handle the TPM gives is nobody's business: another context's key may have the one in the blob.
  if (facts.blob !== undefined) physical[14] = 0;
  const response = yield* sendUntilItFits(virtualizer, 'key', physical, new Set());
  const handle = responseCodeOf(response) === TPM_RESULT.SUCCESS ? firstHandle(response) : undefined;
  if (handle === undefined) return response;
  const key = virtualizer.translation.register(contextId, 'key', handle, {
    ...(wanted === undefined ? {} : { wanted }),
    ...(facts.blob === undefined ? {} : { blob: facts.blob }),
  });
  virtualizer.changed();
  writeUint32(response, 10, key.virtualHandle);
  return response;
}

export const runLoadAuthContext: Run = function* (virtualizer, contextId, command) {
  if (command.length < 14 || readUint32(command, 10) !== command.length - 14) return refusal(TPM_RESULT.BAD_PARAM_SIZE);
  const session = virtualizer.saved.find(virtualizer.table.userOf(contextId), command.slice(14));
  if (session === undefined) return refusal(TPM_RESULT.BADCONTEXT);
  const { current, link } = session;
  const entityHandle = link?.key?.virtualHandle ?? link?.entityHandle ?? 0;
  // A session that was saved anew has a blob of TPM_SaveContext's; the responses of both load commands are alike.
  const load = current.blob === session.blob ? command : loadContext(current.blob, entityHandle);
  return yield* loadSession(virtualizer, contextId, load, session, false);
};

function* loadSession(
  virtualizer: Tpm12Virtualizer,
  contextId: number,
  command: Uint8Array,
  session: CallerSavedSession,
  keepsHandle: boolean,
): Exchange<Uint8Array> {
  const { table } = virtualizer;
  if (keepsHandle && table.find(contextId, session.kind, session.virtualHandle) !== undefined) {
    return refusal(TPM_RESULT.BAD_HANDLE);
  }
  const physical = command.slice();
  const pinned = new Set<HeldResource>();
  const namesEntity = ordinalOf(command) === TPM_ORD.LoadContext;
  const entityHandle = namesEntity ? readUint32(command, 10) : 0;
  const key = namesEntity ? boundKey(virtualizer, contextId, entityHandle) : session.link?.key;
  if (key === 'unknown') return refusal(TPM_RESULT.INVALID_KEYHANDLE);
  if (key?.alive) {
    const ready = yield* virtualizer.residency.ensure([key], pinned);
    if (ready !== TPM_RESULT.SUCCESS) return refusal(ready);
    if (namesEntity && key.physicalHandle !== undefined) writeUint32(physical, 10, key.physicalHandle);
  }
  if (namesEntity) physical[14] = 0;
  const room = yield* virtualizer.residency.ensureRoom(session.kind, pinned);
  if (room !== TPM_RESULT.SUCCESS) return refusal(room);
  const response = yield* sendUntilItFits(virtualizer, session.kind, physical, pinned);
  const handle = responseCodeOf(response) === TPM_RESULT.SUCCESS ? firstHandle(response) : undefined;
  if (handle === undefined) return response;
  virtualizer.saved.remove(session);
  const loaded = virtualizer.translation.register(contextId, session.kind, handle, {
    wanted: session.virtualHandle,
    link: key === undefined && session.link === undefined ? undefined : { key, entityHandle },
    transportAttributes: session.transportAttributes,
  });
  virtualizer.changed();
  writeUint32(response, 10, loaded.virtualHandle);
  return response;
}

/** The key that TPM_LoadContext's entityHandle names in this context; undefined for NV indexes, counters and reserved handles. */
function boundKey(virtualizer: Tpm12Virtualizer, contextId: number, handle: number): HeldKey | undefined | 'unknown' {
  const held = virtualizer.table.find(contextId, 'key', handle);
  if (held?.kind === 'key') return held;
  if (isReservedKeyHandle(handle)) return undefined;
  // A handle that another context's key has in the TPM must not be tried as an entity.
  return virtualizer.table.residentAt('key', handle) === undefined ? undefined : 'unknown';
}

/** Loading a context carries no authorization, so it can be sent again after an eviction. */
function* sendUntilItFits(
  virtualizer: Tpm12Virtualizer,
  kind: HeldResource['kind'],
  command: Uint8Array,
  pinned: Set<HeldResource>,
): Exchange<Uint8Array> {
  for (let round = 0; ; round++) {
    const response = yield command;
    if (!saysNoRoom(responseCodeOf(response)) || round === MAX_ROUNDS) return response;
    if (!(yield* virtualizer.residency.evictOne(kind, pinned))) return response;
  }
}
