/** Credentials that the service manager loaded for this process (systemd.exec(5), `LoadCredentialEncrypted=`). */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from './configuration-folders.js';

/** The account that backs up to the directory, as `directory.credentialsFile` holds it. */
const DIRECTORY_CREDENTIAL = 'tpmtbs.directory';

/** Returns the file of the directory's credential; undefined if the service manager loaded none. */
export function directoryCredential(env: Environment): string | undefined {
  const folder = env['CREDENTIALS_DIRECTORY'] ?? '';
  const file = join(folder, DIRECTORY_CREDENTIAL);
  return folder !== '' && existsSync(file) ? file : undefined;
}

/** Returns whether the service manager loaded this file, and protects it by its folder instead of the file's mode. */
export function isServiceCredential(file: string, env: Environment): boolean {
  const folder = env['CREDENTIALS_DIRECTORY'] ?? '';
  return folder !== '' && file.startsWith(join(folder, '/'));
}
