/** Writes an owner-password file (`.tpm`) in the format of Windows' TPM management console. */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Creates a random owner authorization, writes it to a new file that only its owner can read, and returns it as base64.
 */
export function createOwnerAuthFile(path: string): string {
  const ownerAuth = randomBytes(20).toString('base64');
  const created = new Date().toISOString();
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<tpmOwnerData version="1.0" softwareAuthor="TpmTbs" creationDate="${created}" machineName="${hostname().replace(/[<&"]/g, '')}">
  <ownerAuth>${ownerAuth}</ownerAuth>
</tpmOwnerData>
`;
  // Fails if the file exists, so that no earlier value is lost.
  const descriptor = openSync(path, 'wx', 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  return ownerAuth;
}
