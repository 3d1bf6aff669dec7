/** The commands that need more than their handles translated: one entry each, beside the one mechanism. */
import { readUint32, responseCodeOf } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_KEY_CONTROL_OWNER_EVICT, TPM_ORD, TPM_RESULT, TPM_RT } from '../../tpm12/codes.js';
import { flushSpecific } from '../../tpm12/commands.js';
import { refusal, success } from '../../tpm12/responses.js';
import { COMMAND_AUTH_BYTES } from '../../tpm12/structures.js';
import { runGetCapability } from './capability-answers.js';
import { ordinalOf } from './command-shape.js';
import {
  runLoadAuthContext,
  runLoadContext,
  runLoadKeyContext,
  runSaveAuthContext,
  runSaveContext,
} from './context-commands.js';
import { runDaaStage } from './daa-sessions.js';
import { executeTransport } from './execute-transport.js';
import { unknownHandleCode } from './residency.js';
import type { HeldResource } from './resource-table.js';
import { maySendToSha1Thread, noteSha1Thread } from './sha1-thread.js';
import { kindOfResourceType, type SpecialCommand } from './special-command.js';
import type { Tpm12Virtualizer } from './tpm12-virtualizer.js';

type Run = SpecialCommand['run'];

const answer = (responseCode: number): Run =>
  // biome-ignore lint/correctness/useYield: answers without asking the TPM, but is an exchange like every other
  function* () {
    return refusal(responseCode);
  };

const runFlushSpecific: Run = function* (virtualizer, contextId, command) {
  if (command.length !== 18) return refusal(TPM_RESULT.BAD_PARAM_SIZE);
  const handle = readUint32(command, 10);
  const resourceType = readUint32(command, 14);
  if (resourceType === TPM_RT.CONTEXT) return yield* flushSavedContext(virtualizer, contextId, handle);
  if (resourceType === TPM_RT.DAA_TPM) return yield* flushDaaSession(virtualizer, contextId, handle);
  const kind = kindOfResourceType(resourceType);
  if (kind === undefined) return refusal(TPM_RESULT.INVALID_RESOURCE);
  return yield* flushHeld(virtualizer, contextId, kind, handle);
};

function* flushSavedContext(
  virtualizer: Tpm12Virtualizer,
  contextId: number,
  contextCount: number,
): Exchange<Uint8Array> {
  const session = virtualizer.saved.findByCount(virtualizer.table.userOf(contextId), contextCount);
  if (session === undefined) return refusal(TPM_RESULT.BAD_PARAMETER);
  virtualizer.saved.remove(session);
  virtualizer.changed();
  return yield flushSpecific(session.current.contextCount, TPM_RT.CONTEXT);
}

function* flushDaaSession(virtualizer: Tpm12Virtualizer, contextId: number, handle: number): Exchange<Uint8Array> {
  const session = virtualizer.daa.find(contextId, handle);
  if (session === undefined) return refusal(TPM_RESULT.BAD_HANDLE);
  yield* virtualizer.flushDaa(session);
  return success();
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
    return refusal(foreign ? TPM_RESULT.KEY_OWNER_CONTROL : unknownHandleCode(kind));
  }
  if (held.kind === 'key' && held.ownerEvict) return refusal(TPM_RESULT.KEY_OWNER_CONTROL);
  yield* virtualizer.residency.flush(held);
  return success();
}

const evictKey: Run = function* (virtualizer, contextId, command) {
  if (command.length !== 14) return refusal(TPM_RESULT.BAD_PARAM_SIZE);
  return yield* flushHeld(virtualizer, contextId, 'key', readUint32(command, 10));
};

const terminateHandle: Run = function* (virtualizer, contextId, command) {
  if (command.length !== 14) return refusal(TPM_RESULT.BAD_PARAM_SIZE);
  return yield* flushHeld(virtualizer, contextId, 'authSession', readUint32(command, 10));
};

/** TPM_Reset ends every authorization session of a TPM; here, of the context that sends it. */
const reset: Run = function* (virtualizer, contextId) {
  for (const resource of [...virtualizer.table.ofContext(contextId)]) {
    if (resource.kind === 'authSession' && resource.alive) yield* virtualizer.residency.flush(resource);
  }
  return success();
};

/** TPM_KeyControlOwner makes a key stay in the TPM, or gives it back to be evicted like any other. */
const keyControlOwner: Run = function* (virtualizer, contextId, command) {
  const response = yield* virtualizer.pass(contextId, command);
  const controlOffset = command.length - COMMAND_AUTH_BYTES - 5;
  if (responseCodeOf(response) !== TPM_RESULT.SUCCESS || controlOffset < 14) return response;
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
  if (!maySendToSha1Thread(virtualizer, contextId, ordinal)) return refusal(TPM_RESULT.SHA_THREAD);
  const response = yield* virtualizer.pass(contextId, command);
  noteSha1Thread(virtualizer, contextId, ordinal, responseCodeOf(response) === TPM_RESULT.SUCCESS);
  return response;
};

export const SPECIAL_COMMANDS: ReadonlyMap<number, SpecialCommand> = new Map<number, SpecialCommand>(
  (
    [
      // Only the broker starts the TPM; a started TPM answers this.
      [TPM_ORD.Startup, answer(TPM_RESULT.INVALID_POSTINIT)],
      // TPM_Init is a signal of the platform, not a command.
      [TPM_ORD.Init, answer(TPM_RESULT.BAD_ORDINAL)],
      // Both keep an ephemeral key under a handle that an HMAC covers in the middle of the response; deprecated since 1.2.
      [TPM_ORD.ChangeAuthAsymStart, answer(TPM_RESULT.BAD_ORDINAL)],
      [TPM_ORD.ChangeAuthAsymFinish, answer(TPM_RESULT.BAD_ORDINAL)],
      [TPM_ORD.FlushSpecific, runFlushSpecific],
      [TPM_ORD.EvictKey, evictKey],
      [TPM_ORD.Terminate_Handle, terminateHandle],
      [TPM_ORD.Reset, reset],
      [TPM_ORD.KeyControlOwner, keyControlOwner],
      [TPM_ORD.SHA1Start, sha1],
      [TPM_ORD.SHA1Update, sha1],
      [TPM_ORD.SHA1Complete, sha1],
      [TPM_ORD.SHA1CompleteExtend, sha1],
      [TPM_ORD.DAA_JOIN, runDaaStage],
      [TPM_ORD.DAA_SIGN, runDaaStage],
      [TPM_ORD.SaveContext, runSaveContext],
      [TPM_ORD.LoadContext, runLoadContext],
      [TPM_ORD.LoadKeyContext, runLoadKeyContext],
      [TPM_ORD.SaveAuthContext, runSaveAuthContext],
      [TPM_ORD.LoadAuthContext, runLoadAuthContext],
      [TPM_ORD.GetCapability, runGetCapability],
      [TPM_ORD.ExecuteTransport, executeTransport],
    ] as const
  ).map(([ordinal, run]): [number, SpecialCommand] => [ordinal, { run }]),
);
