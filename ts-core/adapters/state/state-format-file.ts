/**
 * Writes the format of the stored records into a text file beside them, `state-format`: "FORMAT VERSION". A package that is
 * about to replace this version by an older one reads it, since it cannot read the records.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const NAME = 'state-format';

/** Throws the file system's error; an unchanged file is left alone. */
export function noteStateFormat(folder: string, format: number, version: string): void {
  const content = `${format} ${version}\n`;
  const path = join(folder, NAME);
  if (readIfPresent(path) === content) return;
  const temporary = `${path}.new`;
  const descriptor = openSync(temporary, 'w', 0o600);
  try {
    writeFileSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, path);
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
