/** A Tpm12Virtualizer in front of a model TPM, with contexts of two users. */
import assert from 'node:assert/strict';
import { concat, sized, uint32 } from '../../ts-core/domain/tpm/byte-fields.js';
import { readUint32 } from '../../ts-core/domain/tpm/command-header.js';
import type { Exchange } from '../../ts-core/domain/tpm/exchange.js';
import { TPM_CAP, TPM_ORD } from '../../ts-core/domain/tpm12/codes.js';
import type { ResourceLimits } from '../../ts-core/domain/virtualization/tpm12/quotas.js';
import { Tpm12Virtualizer } from '../../ts-core/domain/virtualization/tpm12/tpm12-virtualizer.js';
import { modelCommand as command, ModelTpm12 } from './model-tpm12.js';

export const ALICE = { userKey: 'uid:1000', callerClass: 'standardUser' as const };
export const BOB = { userKey: 'uid:1001', callerClass: 'standardUser' as const };

export function drive<Result>(exchange: Exchange<Result>, tpm: ModelTpm12): Result {
  let step = exchange.next();
  while (!step.done) step = exchange.next(tpm.answer(step.value));
  return step.value;
}

/** Returns a virtualizer with contexts 1 (Alice), 2 (Bob) and 3 (Alice again) in front of a model TPM. */
export function broker(limits: Partial<ResourceLimits> = {}, tpm = new ModelTpm12()) {
  const virtualizer = new Tpm12Virtualizer(limits);
  drive(virtualizer.start(undefined), tpm);
  virtualizer.openContext(1, ALICE);
  virtualizer.openContext(2, BOB);
  virtualizer.openContext(3, ALICE);
  const send = (contextId: number, bytes: Uint8Array) => drive(virtualizer.execute(contextId, bytes), tpm);
  const code = (contextId: number, bytes: Uint8Array) => readUint32(send(contextId, bytes), 6);
  const made = (contextId: number, bytes: Uint8Array) => {
    const response = send(contextId, bytes);
    assert.equal(readUint32(response, 6), 0);
    return readUint32(response, 10);
  };
  const close = (contextId: number) => drive(virtualizer.closeContext(contextId), tpm);
  return { virtualizer, tpm, send, code, made, close };
}

export function handlesIn(response: Uint8Array): number[] {
  const view = new DataView(response.buffer, response.byteOffset);
  return Array.from({ length: view.getUint16(14) }, (_, index) => view.getUint32(16 + 4 * index));
}

export function listOf(type: number): Uint8Array {
  return command.ordinal(TPM_ORD.GetCapability, concat(uint32(TPM_CAP.HANDLE), sized(uint32(type))));
}

export function property(number: number): Uint8Array {
  return command.ordinal(TPM_ORD.GetCapability, concat(uint32(TPM_CAP.PROPERTY), sized(uint32(number))));
}

/** Returns the blob in the response to TPM_SaveContext or one of its predecessors. */
export function blobOf(response: Uint8Array): Uint8Array {
  assert.equal(readUint32(response, 6), 0);
  return response.slice(14);
}

/** Returns the number in a response to TPM_GetCapability. */
export function numberIn(response: Uint8Array): number {
  assert.equal(readUint32(response, 6), 0);
  return readUint32(response, 14);
}
