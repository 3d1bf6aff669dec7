/** The account that the broker binds with: a file that nobody but root or the broker's user may read. */
import * as z from 'zod';
import type { TbsError } from '../../domain/tbs-error.js';
import { directoryFailure } from './directory-failure.js';
import { readPrivateFile } from './private-file.js';

const MAX_FILE_BYTES = 4096;

/** A bind with an empty password is an anonymous one that succeeds (RFC 4513, 5.1.2). */
const schema = z.strictObject({ user: z.string().min(1).max(1024), password: z.string().min(1).max(1024) });

export interface Credentials {
  /** Distinguished name, user principal name or DOMAIN\name. */
  readonly user: string;
  readonly password: string;
}

/**
 * Read anew for each connection, so that a changed password is used at once and is not kept in between.
 * @throws TBS_E_PROVISIONING_NOT_ALLOWED, reason `wrongCredentials`; never with anything that is in the file.
 */
export function readCredentials(path: string, brokerUid: number): Credentials {
  const bytes = readPrivateFile(path, {
    brokerUid,
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
