/**
 * TPM_ExecuteTransport: a command inside of a command. Its handles can be rewritten, since transport encryption, HMAC
 * and log begin after them (TPM Main Part 1, 18.2; Part 3, 24.2: H1 is made of the ordinal and what follows the handles,
 * and of the public keys, not of their handles). What is inside cannot be repeated, since the nonces roll with every
 * answer; so room is made before.
 */
import { isWholeResponse, readUint16, readUint32 } from '../../tpm/command-header.js';
import { TPM_TRANSPORT_ENCRYPT, TPM_TRANSPORT_EXCLUSIVE } from '../../tpm12/codes.js';
import * as ord from '../../tpm12/ordinal-codes.js';
import * as rc from '../../tpm12/return-codes.js';
import { asksForHandles } from './capability-answers.js';
import { COMMAND_AUTH_BYTES, createdKind, ordinalOf } from './command-shape.js';
import type { Binding } from './handle-translation.js';
import { succeeded } from './management-commands.js';
import type { HeldResource } from './resource-table.js';
import { maySendToSha1Thread, noteSha1Thread } from './sha1-thread.js';
import { refuse, type SpecialCommand } from './special-command.js';

/** Where the wrapped command stands, and the wrapped response: after currentTicks (8), locality (4) and its size. */
const WRAPPED_COMMAND_OFFSET = 14;
const WRAPPED_RESPONSE_SIZE_OFFSET = 22;
const WRAPPED_RESPONSE_OFFSET = 26;

/** Commands that Windows' TBS refuses inside a transport session, and those of which the broker is the only sender. */
const REFUSED_INSIDE: ReadonlySet<number> = new Set([
  ord.TPM_ORD_EstablishTransport,
  ord.TPM_ORD_ExecuteTransport,
  ord.TPM_ORD_ReleaseTransportSigned,
  ord.TPM_ORD_Terminate_Handle,
  ord.TPM_ORD_LoadKey,
  ord.TPM_ORD_EvictKey,
  ord.TPM_ORD_SaveKeyContext,
  ord.TPM_ORD_LoadKeyContext,
  ord.TPM_ORD_SaveAuthContext,
  ord.TPM_ORD_LoadAuthContext,
  ord.TPM_ORD_SaveContext,
  ord.TPM_ORD_LoadContext,
  ord.TPM_ORD_FlushSpecific,
  ord.TPM_ORD_DAA_Join,
  ord.TPM_ORD_DAA_Sign,
  ord.TPM_ORD_ChangeAuthAsymStart,
  ord.TPM_ORD_ChangeAuthAsymFinish,
  ord.TPM_ORD_Startup,
  ord.TPM_ORD_Init,
  ord.TPM_ORD_Reset,
]);

export const executeTransport: SpecialCommand['run'] = function* (virtualizer, contextId, command) {
  const inner = wrappedCommand(command);
  if (inner === undefined) return refuse(rc.TPM_BAD_PARAMETER);
  const outerResolution = yield* virtualizer.resolve(contextId, command);
  if (!outerResolution.ok) return refuse(outerResolution.responseCode);
  const attributes = transportAttributes(outerResolution.bindings);
  const visible = (attributes & TPM_TRANSPORT_ENCRYPT) === 0;
  const innerOrdinal = ordinalOf(inner);
  const listsHandles = innerOrdinal === ord.TPM_ORD_GetCapability && visible && asksForHandles(inner);
  if (REFUSED_INSIDE.has(innerOrdinal) || listsHandles) return refuse(rc.TPM_E_EMBEDDED_COMMAND_UNSUPPORTED);
  if (!maySendToSha1Thread(virtualizer, contextId, innerOrdinal)) return refuse(rc.TPM_SHA_THREAD);
  const innerResolution = yield* virtualizer.resolve(contextId, inner);
  if (!innerResolution.ok) return refuse(innerResolution.responseCode);

  const bindings = [...outerResolution.bindings, ...innerResolution.bindings];
  const pinned = new Set<HeldResource>();
  // Any other command, a question for room too, ends an exclusive transport session.
  const exclusive = (attributes & TPM_TRANSPORT_EXCLUSIVE) !== 0;
  const ready = yield* virtualizer.prepare(contextId, createdKind(innerOrdinal), bindings, pinned, !exclusive);
  if (ready !== rc.TPM_SUCCESS) return refuse(ready);
  const physical = command.slice();
  virtualizer.translation.toPhysical(physical, outerResolution.bindings);
  const physicalInner = physical.subarray(WRAPPED_COMMAND_OFFSET, WRAPPED_COMMAND_OFFSET + inner.length);
  virtualizer.translation.toPhysical(physicalInner, innerResolution.bindings);
  const response = yield physical;

  const { translation } = virtualizer;
  virtualizer.takeIn(translation.absorb(contextId, command, outerResolution.bindings, response, true));
  const innerResponse = wrappedResponse(response);
  if (innerResponse !== undefined) {
    const aftermath = translation.absorb(contextId, inner, innerResolution.bindings, innerResponse, visible);
    virtualizer.takeIn(aftermath);
    noteSha1Thread(virtualizer, contextId, innerOrdinal, succeeded(innerResponse));
    if (innerOrdinal === ord.TPM_ORD_KeyControlOwner) yield* virtualizer.synchronization.refreshForeignKeys();
  }
  return response;
};

/** The command inside, as a view; undefined when its size field and place do not agree with the outer command. */
export function wrappedCommand(command: Uint8Array): Uint8Array | undefined {
  if (command.length < WRAPPED_COMMAND_OFFSET + 10 + COMMAND_AUTH_BYTES) return undefined;
  const size = readUint32(command, 10);
  if (size !== command.length - WRAPPED_COMMAND_OFFSET - COMMAND_AUTH_BYTES) return undefined;
  const inner = command.subarray(WRAPPED_COMMAND_OFFSET, WRAPPED_COMMAND_OFFSET + size);
  const tag = readUint16(inner, 0);
  return tag >= 0x00c1 && tag <= 0x00c3 && readUint32(inner, 2) === size ? inner : undefined;
}

/** The response inside, as a view; undefined unless the outer one succeeded. */
export function wrappedResponse(response: Uint8Array): Uint8Array | undefined {
  if (!succeeded(response) || response.length < WRAPPED_RESPONSE_OFFSET + 10) return undefined;
  const size = readUint32(response, WRAPPED_RESPONSE_SIZE_OFFSET);
  const inner = response.subarray(WRAPPED_RESPONSE_OFFSET, WRAPPED_RESPONSE_OFFSET + size);
  return isWholeResponse(inner) ? inner : undefined;
}

function transportAttributes(bindings: readonly Binding[]): number {
  const transport = bindings.find((binding) => binding.kind === 'transportSession')?.resource;
  return transport !== undefined && transport.kind !== 'key' ? transport.transportAttributes : 0;
}
