/** Reads the account that the broker binds with from a file that only root or the broker's user may read. */
import * as z from 'zod';
import type { TbsError } from '../../domain/tbs-error.js';
import { directoryFailure } from './directory-failure.js';
import { readPrivateFile } from './private-file.js';

const MAX_FILE_BYTES = 4096;

/** No empty password, because a bind with one succeeds anonymously (RFC 4513, 5.1.2). */
const schema = z.strictObject({ user: z.string().min(1).max(1024), password: z.string().min(1).max(1024) });

export interface Credentials {
  /** Distinguished name, user principal name or DOMAIN\name. */
  readonly user: string;
  readonly password: string;
}

/**
 * Reads the file for each connection, so that a changed password takes effect immediately and none stays in memory.
 * @throws TBS_E_PROVISIONING_NOT_ALLOWED, reason `wrongCredentials`; never quotes the file's content.
 */
export function readCredentials(path: string, brokerUid: number, isServiceCredential = false): Credentials {
  const bytes = readPrivateFile(path, {
    brokerUid,
    isServiceCredential,
    maxBytes: MAX_FILE_BYTES,
    refuse: (why, cause) => unusable(path, why, cause),
  });
  try {
    return schema.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    // The parser's message would quote the file.
    throw unusable(path, 'is not a JSON object of exactly the texts "user" and "password", neither of them empty');
  } finally {
    bytes.fill(0);
  }
}

function unusable(path: string, why: string, cause?: unknown): TbsError {
  return directoryFailure('wrongCredentials', { message: `The credentials file ${path} ${why}.`, cause });
}
