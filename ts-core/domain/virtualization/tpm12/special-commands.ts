/** The commands that need more than pass-through.ts does. */
import { commandCodeOf, HEADER_BYTES, readUint32 } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_CAP, TPM_KEY_CONTROL_OWNER_EVICT, TPM_ORD, TPM_RESULT, TPM_RT, TPM_TRANSPORT } from '../../tpm12/codes.js';
import { createdKind, type SessionKind } from '../../tpm12/command-shape.js';
import { flushSpecific, getCapability } from '../../tpm12/commands.js';
import { firstSizedBuffer, handleListOf, isSuccess, refusal, success } from '../../tpm12/responses.js';
import { COMMAND_AUTH_BYTES } from '../../tpm12/structures.js';
import {
  REFUSED_INSIDE_TRANSPORT,
  WRAPPED_COMMAND_OFFSET,
  wrappedCommandOf,
  wrappedResponseOf,
} from '../../tpm12/transport.js';
import { asksForHandles, runGetCapability } from './capabilities.js';
import { runLoadAuthContext, runLoadContext, runSaveAuthContext, runSaveContext } from './context-commands.js';
import { type DaaSession, kindOfResourceType, type VirtualContext } from './handles.js';
import {
  applyResponse,
  type Binding,
  isSession,
  prepare,
  resolve,
  runMapped,
  writePhysicalHandles,
} from './pass-through.js';
import type { VirtualizerParts } from './virtualizer-parts.js';

/** TPM_FlushSpecific: handle (4), resourceType (4). */
const FLUSH_SPECIFIC_BYTES = HEADER_BYTES + 8;
/** TPM_EvictKey and TPM_Terminate_Handle: handle (4). */
const END_HANDLE_BYTES = HEADER_BYTES + 4;
/** In TPM_DAA_Join and TPM_DAA_Sign: handle (4), stage (1), inputs. */
const DAA_STAGE_OFFSET = HEADER_BYTES + 4;

/** Runs in place of the pass-through. */
export type SpecialCommand = (
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
) => Exchange<Uint8Array>;

export const SPECIAL_COMMANDS: ReadonlyMap<number, SpecialCommand> = new Map<number, SpecialCommand>([
  // Only the broker starts the TPM, so callers get the answer of a started TPM.
  [TPM_ORD.Startup, answer(TPM_RESULT.INVALID_POSTINIT)],
  // TPM_Init is a signal of the platform, not a command.
  [TPM_ORD.Init, answer(TPM_RESULT.BAD_ORDINAL)],
  // Both keep an ephemeral key under a handle that an HMAC covers in the middle of the response; deprecated since 1.2.
  [TPM_ORD.ChangeAuthAsymStart, answer(TPM_RESULT.BAD_ORDINAL)],
  [TPM_ORD.ChangeAuthAsymFinish, answer(TPM_RESULT.BAD_ORDINAL)],
  [TPM_ORD.FlushSpecific, runFlushSpecific],
  [TPM_ORD.EvictKey, runEvictKey],
  [TPM_ORD.Terminate_Handle, runTerminateHandle],
  [TPM_ORD.Reset, runReset],
  [TPM_ORD.KeyControlOwner, runKeyControlOwner],
  [TPM_ORD.SHA1Start, runSha1],
  [TPM_ORD.SHA1Update, runSha1],
  [TPM_ORD.SHA1Complete, runSha1],
  [TPM_ORD.SHA1CompleteExtend, runSha1],
  [TPM_ORD.DAA_JOIN, runDaaStage],
  [TPM_ORD.DAA_SIGN, runDaaStage],
  [TPM_ORD.SaveContext, runSaveContext],
  [TPM_ORD.LoadContext, runLoadContext],
  [TPM_ORD.SaveAuthContext, runSaveAuthContext],
  [TPM_ORD.LoadAuthContext, runLoadAuthContext],
  [TPM_ORD.GetCapability, runGetCapability],
  [TPM_ORD.ExecuteTransport, runExecuteTransport],
]);

function answer(returnCode: number): SpecialCommand {
  // biome-ignore lint/correctness/useYield: answers without asking the TPM, but is an exchange like every other
  return function* () {
    return refusal(returnCode);
  };
}

function* runFlushSpecific(
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  if (command.length !== FLUSH_SPECIFIC_BYTES) return refusal(TPM_RESULT.BAD_PARAM_SIZE);
  const handle = readUint32(command, HEADER_BYTES);
  const resourceType = readUint32(command, HEADER_BYTES + 4);
  if (resourceType === TPM_RT.CONTEXT) return yield* flushSavedContext(parts, context, handle);
  if (resourceType === TPM_RT.DAA_TPM) return yield* flushOwnDaaSession(parts, context, handle);
  const kind = kindOfResourceType(resourceType);
  if (kind === undefined) return refusal(TPM_RESULT.INVALID_RESOURCE);
  return yield* kind === 'key' ? flushOwnKey(parts, context, handle) : flushOwnSession(parts, context, kind, handle);
}

function* flushSavedContext(
  { saved, changed }: Pick<VirtualizerParts, 'saved' | 'changed'>,
  context: VirtualContext,
  contextCount: number,
): Exchange<Uint8Array> {
  const session = saved.findByCount(context.caller.userKey, contextCount);
  if (session === undefined) return refusal(TPM_RESULT.BAD_PARAMETER);
  saved.remove(session);
  changed();
  return yield flushSpecific(session.current.contextCount, TPM_RT.CONTEXT);
}

function* flushOwnDaaSession(
  parts: Pick<VirtualizerParts, 'daa' | 'changed'>,
  context: VirtualContext,
  handle: number,
): Exchange<Uint8Array> {
  const session = parts.daa.find(context.id, handle);
  if (session === undefined) return refusal(TPM_RESULT.BAD_HANDLE);
  yield* flushDaaSession(parts, session);
  return success();
}

export function* flushDaaSession(
  { daa, changed }: Pick<VirtualizerParts, 'daa' | 'changed'>,
  session: DaaSession,
): Exchange<void> {
  daa.remove(session);
  changed();
  yield flushSpecific(session.handle, TPM_RT.DAA_TPM);
}

function* flushOwnKey(
  { keys, swapping }: Pick<VirtualizerParts, 'keys' | 'swapping'>,
  context: VirtualContext,
  handle: number,
): Exchange<Uint8Array> {
  const key = context.key(handle);
  // A key that the broker did not load is not flushed: it is the owner's, the firmware's or the kernel's.
  if (key === undefined ? keys.unmanaged.has(handle) : key.ownerEvict) return refusal(TPM_RESULT.KEY_OWNER_CONTROL);
  if (key === undefined) return refusal(TPM_RESULT.INVALID_KEYHANDLE);
  yield* swapping.flush(key);
  return success();
}

function* flushOwnSession(
  { sessions, swapping }: Pick<VirtualizerParts, 'sessions' | 'swapping'>,
  context: VirtualContext,
  kind: SessionKind,
  handle: number,
): Exchange<Uint8Array> {
  const session = sessions.loadedIn(context, kind, handle);
  if (session === undefined) return refusal(TPM_RESULT.INVALID_AUTHHANDLE);
  yield* swapping.flush(session);
  return success();
}

/** Flushes a key. (Despite its name, TPM_EvictKey is not what the broker calls evicting.) */
function* runEvictKey(parts: VirtualizerParts, context: VirtualContext, command: Uint8Array): Exchange<Uint8Array> {
  if (command.length !== END_HANDLE_BYTES) return refusal(TPM_RESULT.BAD_PARAM_SIZE);
  return yield* flushOwnKey(parts, context, readUint32(command, HEADER_BYTES));
}

function* runTerminateHandle(
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  if (command.length !== END_HANDLE_BYTES) return refusal(TPM_RESULT.BAD_PARAM_SIZE);
  return yield* flushOwnSession(parts, context, 'authSession', readUint32(command, HEADER_BYTES));
}

/** Flushes the authorization sessions of the context that sends TPM_Reset, not of the whole TPM. */
function* runReset(
  { sessions, swapping }: Pick<VirtualizerParts, 'sessions' | 'swapping'>,
  context: VirtualContext,
): Exchange<Uint8Array> {
  for (const session of sessions.ofContext(context)) {
    if (session.kind === 'authSession') yield* swapping.flush(session);
  }
  return success();
}

/** Runs TPM_KeyControlOwner, which makes a key stay in the TPM or lets the broker evict it again. */
function* runKeyControlOwner(
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  const { keys, reconciliation, changed } = parts;
  const response = yield* runMapped(parts, context, command);
  // Parameters: keyHandle, pubKey, bitName, bitValue.
  const bitNameOffset = command.length - COMMAND_AUTH_BYTES - 5;
  if (!isSuccess(response)) return response;
  if (readUint32(command, bitNameOffset) !== TPM_KEY_CONTROL_OWNER_EVICT) return response;
  const stays = command[bitNameOffset + 4] !== 0;
  const handle = readUint32(command, HEADER_BYTES);
  const key = context.key(handle);
  if (key !== undefined) key.ownerEvict = stays;
  else if (!stays) keys.adopt(context, handle, {});
  yield* reconciliation.refreshUnmanagedKeys();
  changed();
  return response;
}

function* runSha1(parts: VirtualizerParts, context: VirtualContext, command: Uint8Array): Exchange<Uint8Array> {
  const ordinal = commandCodeOf(command);
  if (!parts.sha1.maySend(context.id, ordinal)) return refusal(TPM_RESULT.SHA_THREAD);
  const response = yield* runMapped(parts, context, command);
  parts.sha1.answered(context.id, ordinal, isSuccess(response));
  return response;
}

/**
 * Runs TPM_DAA_Join or TPM_DAA_Sign: handle, stage (one byte), inputs. Stage 0 creates the handle. A command with
 * another context's handle would end the session, whatever its authorization.
 */
function* runDaaStage(parts: VirtualizerParts, context: VirtualContext, command: Uint8Array): Exchange<Uint8Array> {
  if (command.length <= DAA_STAGE_OFFSET) return refusal(TPM_RESULT.BAD_PARAM_SIZE);
  const { daa, changed } = parts;
  const begins = command[DAA_STAGE_OFFSET] === 0;
  if (!begins && daa.find(context.id, readUint32(command, HEADER_BYTES)) === undefined) {
    return refusal(TPM_RESULT.BAD_HANDLE);
  }
  const response = yield* runMapped(parts, context, command);
  const output = firstSizedBuffer(response);
  if (begins && output?.length === 4) daa.adopt(context, readUint32(output, 0));
  // The last stage ends the session, and so does any failure.
  const existing = handleListOf(yield getCapability(TPM_CAP.HANDLE, TPM_RT.DAA_TPM));
  if (existing !== undefined) daa.keepOnly(existing);
  changed();
  return response;
}

/**
 * Runs TPM_ExecuteTransport, a command inside a command. The handles of the inner command can be rewritten, since
 * transport encryption, HMAC and log begin after them (TPM Main Part 1, 18.2; Part 3, 24.2: H1 is computed from the
 * ordinal and what follows the handles, and from the public keys, not from their handles). The inner command cannot be
 * repeated, since the nonces change with every response; so room is made before it is sent.
 */
function* runExecuteTransport(
  parts: VirtualizerParts,
  context: VirtualContext,
  command: Uint8Array,
): Exchange<Uint8Array> {
  const inner = wrappedCommandOf(command);
  if (inner === undefined) return refusal(TPM_RESULT.BAD_PARAMETER);
  const outerResolution = yield* resolve(parts, context, command);
  if (!outerResolution.ok) return refusal(outerResolution.responseCode);
  const attributes = transportAttributes(outerResolution.bindings);
  const visible = (attributes & TPM_TRANSPORT.ENCRYPT) === 0;
  const ordinal = commandCodeOf(inner);
  const listsHandles = ordinal === TPM_ORD.GetCapability && visible && asksForHandles(inner);
  if (REFUSED_INSIDE_TRANSPORT.has(ordinal) || listsHandles) {
    return refusal(TPM_RESULT.E_EMBEDDED_COMMAND_UNSUPPORTED);
  }
  if (!parts.sha1.maySend(context.id, ordinal)) return refusal(TPM_RESULT.SHA_THREAD);
  const innerResolution = yield* resolve(parts, context, inner);
  if (!innerResolution.ok) return refusal(innerResolution.responseCode);

  const bindings = [...outerResolution.bindings, ...innerResolution.bindings];
  // Any other command, even a query for room, ends an exclusive transport session.
  const exclusive = (attributes & TPM_TRANSPORT.EXCLUSIVE) !== 0;
  const ready = yield* prepare(parts, context, createdKind(ordinal), bindings, !exclusive);
  if (ready !== TPM_RESULT.SUCCESS) return refusal(ready);
  const physical = command.slice();
  writePhysicalHandles(physical, outerResolution.bindings);
  const physicalInner = physical.subarray(WRAPPED_COMMAND_OFFSET, WRAPPED_COMMAND_OFFSET + inner.length);
  writePhysicalHandles(physicalInner, innerResolution.bindings);
  const response = yield physical;

  const { sha1, reconciliation } = parts;
  applyResponse(parts, context, command, outerResolution.bindings, response);
  const innerResponse = wrappedResponseOf(response);
  if (innerResponse !== undefined) {
    applyResponse(parts, context, inner, innerResolution.bindings, innerResponse, visible);
    sha1.answered(context.id, ordinal, isSuccess(innerResponse));
    if (ordinal === TPM_ORD.KeyControlOwner) yield* reconciliation.refreshUnmanagedKeys();
  }
  return response;
}

/** Returns the attributes of the session in which a command runs; 0 if it names none. */
function transportAttributes(bindings: readonly Binding[]): number {
  return bindings.filter(isSession).at(-1)?.resource.transportAttributes ?? 0;
}
