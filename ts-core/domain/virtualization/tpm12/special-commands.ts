/** The commands that need more than their handles translated: one entry each, beside the one mechanism. */
import { readUint32, responseCodeOf } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_KEY_CONTROL_OWNER_EVICT, TPM_RT_CONTEXT, TPM_RT_DAA_TPM } from '../../tpm12/codes.js';
import * as ord from '../../tpm12/ordinal-codes.js';
import * as rc from '../../tpm12/return-codes.js';
import { getCapability } from './capability-answers.js';
import { COMMAND_AUTH_BYTES, ordinalOf } from './command-shape.js';
import { loadAuthContext, loadContext, loadKeyContext, saveAuthContext, saveContext } from './context-commands.js';
import { runDaaStage } from './daa-sessions.js';
import { executeTransport } from './execute-transport.js';
import { emptySuccess, flushSpecificCommand } from './management-commands.js';
import { unknownHandleCode } from './residency.js';
import type { HeldResource } from './resource-table.js';
import { maySendToSha1Thread, noteSha1Thread } from './sha1-thread.js';
import { kindOfResourceType, refuse, type SpecialCommand } from './special-command.js';
import type { Tpm12Virtualizer } from './tpm12-virtualizer.js';

type Run = SpecialCommand['run'];

const answer = (responseCode: number): Run =>
  // biome-ignore lint/correctness/useYield: answers without asking the TPM, but is an exchange like every other
  function* () {
    return refuse(responseCode);
  };

const flushSpecific: Run = function* (virtualizer, contextId, command) {
  if (command.length !== 18) return refuse(rc.TPM_BAD_PARAM_SIZE);
  const handle = readUint32(command, 10);
  const resourceType = readUint32(command, 14);
  if (resourceType === TPM_RT_CONTEXT) return yield* flushSavedContext(virtualizer, contextId, handle);
  if (resourceType === TPM_RT_DAA_TPM) return yield* flushDaaSession(virtualizer, contextId, handle);
  const kind = kindOfResourceType(resourceType);
  if (kind === undefined) return refuse(rc.TPM_INVALID_RESOURCE);
  return yield* flushHeld(virtualizer, contextId, kind, handle);
};

function* flushSavedContext(
  virtualizer: Tpm12Virtualizer,
  contextId: number,
  contextCount: number,
): Exchange<Uint8Array> {
  const session = virtualizer.saved.findByCount(virtualizer.table.userOf(contextId), contextCount);
  if (session === undefined) return refuse(rc.TPM_BAD_PARAMETER);
  virtualizer.saved.remove(session);
  virtualizer.changed();
  return yield flushSpecificCommand(session.current.contextCount, TPM_RT_CONTEXT);
}

function* flushDaaSession(virtualizer: Tpm12Virtualizer, contextId: number, handle: number): Exchange<Uint8Array> {
  const session = virtualizer.daa.find(contextId, handle);
  if (session === undefined) return refuse(rc.TPM_BAD_HANDLE);
  yield* virtualizer.flushDaa(session);
  return emptySuccess();
}

function* flushHeld(
  virtualizer: Tpm12Virtualizer,
  contextId: number,
  kind: HeldResource['kind'],
  handle: number,
): Exchange<Uint8Array> {
  const held = virtualizer.table.find(contextId, kind, handle);
  if (held === undefined) {
    // What the broker did not load is not flushed: it is the owner's, the firmware's or the kernel's.
    const foreign = kind === 'key' && virtualizer.translation.foreignKeys.has(handle);
    return refuse(foreign ? rc.TPM_KEY_OWNER_CONTROL : unknownHandleCode(kind));
  }
  if (held.kind === 'key' && held.ownerEvict) return refuse(rc.TPM_KEY_OWNER_CONTROL);
  yield* virtualizer.residency.flush(held);
  return emptySuccess();
}

const evictKey: Run = function* (virtualizer, contextId, command) {
  if (command.length !== 14) return refuse(rc.TPM_BAD_PARAM_SIZE);
  return yield* flushHeld(virtualizer, contextId, 'key', readUint32(command, 10));
};

const terminateHandle: Run = function* (virtualizer, contextId, command) {
  if (command.length !== 14) return refuse(rc.TPM_BAD_PARAM_SIZE);
  return yield* flushHeld(virtualizer, contextId, 'authSession', readUint32(command, 10));
};

/** TPM_Reset ends every authorization session of a TPM; here, of the context that sends it. */
const reset: Run = function* (virtualizer, contextId) {
  for (const resource of [...virtualizer.table.ofContext(contextId)]) {
    if (resource.kind === 'authSession' && resource.alive) yield* virtualizer.residency.flush(resource);
  }
  return emptySuccess();
};

/** TPM_KeyControlOwner makes a key stay in the TPM, or gives it back to be evicted like any other. */
const keyControlOwner: Run = function* (virtualizer, contextId, command) {
  const response = yield* virtualizer.pass(contextId, command);
  const controlOffset = command.length - COMMAND_AUTH_BYTES - 5;
  if (responseCodeOf(response) !== rc.TPM_SUCCESS || controlOffset < 14) return response;
  if (readUint32(command, controlOffset) !== TPM_KEY_CONTROL_OWNER_EVICT) return response;
  const stays = command[controlOffset + 4] !== 0;
  const handle = readUint32(command, 10);
  const held = virtualizer.table.find(contextId, 'key', handle);
  if (held?.kind === 'key') held.ownerEvict = stays;
  else if (!stays) virtualizer.translation.register(contextId, 'key', handle, {});
  yield* virtualizer.synchronization.refreshForeignKeys();
  virtualizer.changed();
  return response;
};

const sha1: Run = function* (virtualizer, contextId, command) {
  const ordinal = ordinalOf(command);
  if (!maySendToSha1Thread(virtualizer, contextId, ordinal)) return refuse(rc.TPM_SHA_THREAD);
  const response = yield* virtualizer.pass(contextId, command);
  noteSha1Thread(virtualizer, contextId, ordinal, responseCodeOf(response) === rc.TPM_SUCCESS);
  return response;
};

export const SPECIAL_COMMANDS: ReadonlyMap<number, SpecialCommand> = new Map<number, SpecialCommand>(
  (
    [
      // Only the broker starts the TPM; a started TPM answers this.
      [ord.TPM_ORD_Startup, answer(rc.TPM_INVALID_POSTINIT)],
      // TPM_Init is a signal of the platform, not a command.
      [ord.TPM_ORD_Init, answer(rc.TPM_BAD_ORDINAL)],
      // Both keep an ephemeral key under a handle that an HMAC covers in the middle of the response; deprecated since 1.2.
      [ord.TPM_ORD_ChangeAuthAsymStart, answer(rc.TPM_BAD_ORDINAL)],
      [ord.TPM_ORD_ChangeAuthAsymFinish, answer(rc.TPM_BAD_ORDINAL)],
      [ord.TPM_ORD_FlushSpecific, flushSpecific],
      [ord.TPM_ORD_EvictKey, evictKey],
      [ord.TPM_ORD_Terminate_Handle, terminateHandle],
      [ord.TPM_ORD_Reset, reset],
      [ord.TPM_ORD_KeyControlOwner, keyControlOwner],
      [ord.TPM_ORD_SHA1Start, sha1],
      [ord.TPM_ORD_SHA1Update, sha1],
      [ord.TPM_ORD_SHA1Complete, sha1],
      [ord.TPM_ORD_SHA1CompleteExtend, sha1],
      [ord.TPM_ORD_DAA_Join, runDaaStage],
      [ord.TPM_ORD_DAA_Sign, runDaaStage],
      [ord.TPM_ORD_SaveContext, saveContext],
      [ord.TPM_ORD_LoadContext, loadContext],
      [ord.TPM_ORD_LoadKeyContext, loadKeyContext],
      [ord.TPM_ORD_SaveAuthContext, saveAuthContext],
      [ord.TPM_ORD_LoadAuthContext, loadAuthContext],
      [ord.TPM_ORD_GetCapability, getCapability],
      [ord.TPM_ORD_ExecuteTransport, executeTransport],
    ] as const
  ).map(([ordinal, run]): [number, SpecialCommand] => [ordinal, { run }]),
);
