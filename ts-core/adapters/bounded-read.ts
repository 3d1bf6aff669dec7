/** Reads a file whose size is not to be trusted. */
import { readSync } from 'node:fs';

/** Reads to the end of the file; undefined if it holds more than `maxBytes`. */
export function readUpTo(descriptor: number, maxBytes: number): Uint8Array | undefined {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(65_536);
    const length = readSync(descriptor, chunk, 0, chunk.length, null);
    if (length === 0) return Buffer.concat(chunks, total);
    total += length;
    if (total > maxBytes) return undefined;
    chunks.push(chunk.subarray(0, length));
  }
}
