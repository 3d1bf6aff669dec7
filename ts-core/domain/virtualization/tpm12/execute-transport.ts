/**
 * TPM_ExecuteTransport: a command inside of a command. Its handles can be rewritten, since transport encryption, HMAC
 * and log begin after them (TPM Main Part 1, 18.2; Part 3, 24.2: H1 is made of the ordinal and what follows the handles,
 * and of the public keys, not of their handles). What is inside cannot be repeated, since the nonces roll with every
 * answer; so room is made before.
 */
import { TPM_ORD, TPM_RESULT, TPM_TRANSPORT } from '../../tpm12/codes.js';
import { isSuccess, refusal } from '../../tpm12/responses.js';
import {
  REFUSED_INSIDE_TRANSPORT,
  WRAPPED_COMMAND_OFFSET,
  wrappedCommandOf,
  wrappedResponseOf,
} from '../../tpm12/transport.js';
import { asksForHandles } from './capability-answers.js';
import { createdKind, ordinalOf } from './command-shape.js';
import type { Binding } from './handle-translation.js';
import type { HeldResource } from './resource-table.js';
import { maySendToSha1Thread, noteSha1Thread } from './sha1-thread.js';
import type { SpecialCommand } from './special-command.js';

export const executeTransport: SpecialCommand['run'] = function* (virtualizer, contextId, command) {
  const inner = wrappedCommandOf(command);
  if (inner === undefined) return refusal(TPM_RESULT.BAD_PARAMETER);
  const outerResolution = yield* virtualizer.resolve(contextId, command);
  if (!outerResolution.ok) return refusal(outerResolution.responseCode);
  const attributes = transportAttributes(outerResolution.bindings);
  const visible = (attributes & TPM_TRANSPORT.ENCRYPT) === 0;
  const innerOrdinal = ordinalOf(inner);
  const listsHandles = innerOrdinal === TPM_ORD.GetCapability && visible && asksForHandles(inner);
  if (REFUSED_INSIDE_TRANSPORT.has(innerOrdinal) || listsHandles)
    return refusal(TPM_RESULT.E_EMBEDDED_COMMAND_UNSUPPORTED);
  if (!maySendToSha1Thread(virtualizer, contextId, innerOrdinal)) return refusal(TPM_RESULT.SHA_THREAD);
  const innerResolution = yield* virtualizer.resolve(contextId, inner);
  if (!innerResolution.ok) return refusal(innerResolution.responseCode);

  const bindings = [...outerResolution.bindings, ...innerResolution.bindings];
  const pinned = new Set<HeldResource>();
  // Any other command, a question for room too, ends an exclusive transport session.
  const exclusive = (attributes & TPM_TRANSPORT.EXCLUSIVE) !== 0;
  const ready = yield* virtualizer.prepare(contextId, createdKind(innerOrdinal), bindings, pinned, !exclusive);
  if (ready !== TPM_RESULT.SUCCESS) return refusal(ready);
  const physical = command.slice();
  virtualizer.translation.toPhysical(physical, outerResolution.bindings);
  const physicalInner = physical.subarray(WRAPPED_COMMAND_OFFSET, WRAPPED_COMMAND_OFFSET + inner.length);
  virtualizer.translation.toPhysical(physicalInner, innerResolution.bindings);
  const response = yield physical;

  const { translation } = virtualizer;
  virtualizer.takeIn(translation.absorb(contextId, command, outerResolution.bindings, response, true));
  const innerResponse = wrappedResponseOf(response);
  if (innerResponse !== undefined) {
    const aftermath = translation.absorb(contextId, inner, innerResolution.bindings, innerResponse, visible);
    virtualizer.takeIn(aftermath);
    noteSha1Thread(virtualizer, contextId, innerOrdinal, isSuccess(innerResponse));
    if (innerOrdinal === TPM_ORD.KeyControlOwner) yield* virtualizer.synchronization.refreshForeignKeys();
  }
  return response;
};

function transportAttributes(bindings: readonly Binding[]): number {
  const transport = bindings.find((binding) => binding.kind === 'transportSession')?.resource;
  return transport !== undefined && transport.kind !== 'key' ? transport.transportAttributes : 0;
}
