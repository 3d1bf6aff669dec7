/**
 * Runs TPM_ExecuteTransport, a command inside a command. The handles of the inner command can be rewritten, since
 * transport encryption, HMAC and log begin after them (TPM Main Part 1, 18.2; Part 3, 24.2: H1 is computed from the
 * ordinal and what follows the handles, and from the public keys, not from their handles). The inner command cannot be
 * repeated, since the nonces change with every response; so room is made before it is sent.
 */
import type { Exchange } from '../../tpm/exchange.js';
import { TPM_ORD, TPM_RESULT, TPM_TRANSPORT } from '../../tpm12/codes.js';
import { createdKind, ordinalOf } from '../../tpm12/command-shape.js';
import { isSuccess, refusal } from '../../tpm12/responses.js';
import {
  REFUSED_INSIDE_TRANSPORT,
  WRAPPED_COMMAND_OFFSET,
  wrappedCommandOf,
  wrappedResponseOf,
} from '../../tpm12/transport.js';
import { asksForHandles } from './capabilities.js';
import type { VirtualContext } from './handles.js';
import { applyResponse, type Binding, isSession, prepare, resolve, writePhysicalHandles } from './pass-through.js';
import type { VirtualizerParts } from './virtualizer-parts.js';

export function* runExecuteTransport(
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
  const ordinal = ordinalOf(inner);
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
