/** A Tpm12Virtualizer behind the broker's own exchange driver, with clients to send commands from. */
import assert from 'node:assert/strict';
import { concat, sized, uint32 } from '../../ts-core/domain/tpm/byte-fields.js';
import { readUint32, responseCodeOf } from '../../ts-core/domain/tpm/command-header.js';
import { TPM_CAP, TPM_ORD, TPM_RESULT } from '../../ts-core/domain/tpm12/codes.js';
import type { ResourceLimits } from '../../ts-core/domain/virtualization/tpm12/quotas.js';
import { Tpm12Virtualizer } from '../../ts-core/domain/virtualization/tpm12/tpm12-virtualizer.js';
import type { VirtualizerSnapshot } from '../../ts-core/domain/virtualization/virtualizer.js';
import { modelCommand as command, ModelTpm12 } from './model-tpm12.js';
import { losingTransport, type Transmit, VirtualTpm } from './virtual-tpm.js';

export const ALICE = { userKey: 'uid:1000', callerClass: 'standardUser' as const };
export const BOB = { userKey: 'uid:1001', callerClass: 'standardUser' as const };

export class VirtualTpm12 extends VirtualTpm<Tpm12Virtualizer> {
  static async start(
    transmit: Transmit,
    options: { readonly limits?: Partial<ResourceLimits>; readonly previous?: VirtualizerSnapshot } = {},
  ): Promise<VirtualTpm12> {
    const tpm = new VirtualTpm12('1.2', new Tpm12Virtualizer(options.limits), transmit);
    await tpm.run(() => tpm.virtualizer.start(options.previous));
    return tpm;
  }
}

/** Starts a broker in front of a model TPM, with context 1 of Alice, 2 of Bob, and 3 of Alice too. */
export async function modelBroker(
  options: { readonly limits?: Partial<ResourceLimits>; readonly tpm?: ModelTpm12 } = {},
) {
  const { limits = {}, tpm = new ModelTpm12() } = options;
  const { transmit, losing } = losingTransport((bytes) => tpm.answer(bytes));
  const broker = await VirtualTpm12.start(transmit, { limits });
  const [alice, bob, aliceToo] = [
    broker.client(ALICE.userKey),
    broker.client(BOB.userKey),
    broker.client(ALICE.userKey),
  ] as const;
  return { tpm, broker, virtualizer: broker.virtualizer, losing, alice, bob, aliceToo };
}

/** Makes several things one after the other, since the TPM runs one exchange at a time. */
export async function inTurn<Made>(count: number, make: (index: number) => Promise<Made>): Promise<readonly Made[]> {
  const all: Made[] = [];
  for (let index = 0; index < count; index++) all.push(await make(index));
  return all;
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

/** Returns the handle in a response. */
export function handleIn(response: Uint8Array): number {
  assert.equal(responseCodeOf(response), TPM_RESULT.SUCCESS);
  return readUint32(response, 10);
}

/** Returns the blob in the response to TPM_SaveContext or one of its predecessors. */
export function blobIn(response: Uint8Array): Uint8Array {
  assert.equal(responseCodeOf(response), TPM_RESULT.SUCCESS);
  return response.slice(14);
}

/** Returns the number in a response to TPM_GetCapability. */
export function numberIn(response: Uint8Array): number {
  assert.equal(responseCodeOf(response), TPM_RESULT.SUCCESS);
  return readUint32(response, 14);
}
