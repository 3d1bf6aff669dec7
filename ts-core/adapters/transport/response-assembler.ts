/**
 * Assembles a response from the pieces that a stream delivers, using the size field of the TPM header.
 *
 * Only one response is expected at a time. Bytes beyond its size, and a size below that of a header or above the limit,
 * are faults, after which the stream cannot be trusted and is dropped.
 */
import { HEADER_BYTES, readUint32 } from '../../domain/tpm/command-header.js';
import { MAX_RESPONSE_BYTES } from './transport-options.js';

export type AssemblyResult =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'whole'; readonly response: Uint8Array }
  | { readonly kind: 'fault'; readonly reason: string };

const INCOMPLETE: AssemblyResult = { kind: 'incomplete' };

export class ResponseAssembler {
  #partial: Uint8Array | undefined;
  #receivedBytes = 0;

  /** True while no byte of a response has arrived. */
  get isEmpty(): boolean {
    return this.#receivedBytes === 0;
  }

  reset(): void {
    this.#partial = undefined;
    this.#receivedBytes = 0;
  }

  /** Adds the first `length` bytes of `chunk`. They are copied once, so `chunk` may be reused afterwards. */
  push(chunk: Uint8Array, length: number): AssemblyResult {
    if (this.#receivedBytes === 0 && length >= HEADER_BYTES && readUint32(chunk, 2) === length) {
      return { kind: 'whole', response: Uint8Array.prototype.slice.call(chunk, 0, length) };
    }
    this.#partial ??= new Uint8Array(MAX_RESPONSE_BYTES);
    if (this.#receivedBytes + length > this.#partial.length) return fault('it is longer than any TPM response');
    this.#partial.set(chunk.subarray(0, length), this.#receivedBytes);
    this.#receivedBytes += length;
    return this.#assemble(this.#partial);
  }

  #assemble(partial: Uint8Array): AssemblyResult {
    if (this.#receivedBytes < HEADER_BYTES) return INCOMPLETE;
    const sizeBytes = readUint32(partial, 2);
    if (sizeBytes < HEADER_BYTES || sizeBytes > MAX_RESPONSE_BYTES) return fault(`its size field is ${sizeBytes}`);
    if (this.#receivedBytes > sizeBytes) return fault('there are bytes after its end');
    if (this.#receivedBytes < sizeBytes) return INCOMPLETE;
    this.reset();
    return { kind: 'whole', response: partial.slice(0, sizeBytes) };
  }
}

function fault(reason: string): AssemblyResult {
  return { kind: 'fault', reason };
}
