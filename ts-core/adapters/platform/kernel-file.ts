/** Reads a kernel file (sysfs, securityfs) up to a limit, since such a file has no known size before it is read. */
import { open } from 'node:fs/promises';

export type KernelRead =
  | { readonly verdict: 'read'; readonly bytes: Uint8Array }
  | { readonly verdict: 'missing' }
  | { readonly verdict: 'tooLong' }
  | { readonly verdict: 'failed'; readonly cause: unknown };

const CHUNK_BYTES = 65_536;

export async function readKernelFile(path: string, maxBytes: number): Promise<KernelRead> {
  try {
    await using file = await open(path, 'r');
    const chunks: Buffer[] = [];
    let total = 0;
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const { bytesRead } = await file.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) return { verdict: 'read', bytes: new Uint8Array(Buffer.concat(chunks, total)) };
      total += bytesRead;
      if (total > maxBytes) return { verdict: 'tooLong' };
      chunks.push(chunk.subarray(0, bytesRead));
    }
  } catch (cause) {
    return isMissing(cause) ? { verdict: 'missing' } : { verdict: 'failed', cause };
  }
}

function isMissing(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENODEV';
}

export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
}
