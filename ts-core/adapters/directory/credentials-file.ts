/** The account that the broker binds with: a file that nobody but root or the broker's user may read. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { z } from 'zod';
import type { TbsError } from '../../domain/tbs-error.js';
import { codeOf, directoryFailure } from './directory-failure.js';

const MAX_FILE_BYTES = 4096;
const GROUP_AND_OTHERS = 0o077;

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
  const bytes = readPrivateFile(path, brokerUid);
  try {
    return schema.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    // The parser's message would quote the file.
    throw unusable(path, 'is not a JSON object of exactly the texts "user" and "password", neither of them empty');
  } finally {
    bytes.fill(0);
  }
}

function readPrivateFile(path: string, brokerUid: number): Buffer {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw unusable(path, `cannot be read (${codeOf(error)})`, error);
  }
  try {
    const distrust = whyNotPrivate(fstatSync(descriptor), brokerUid);
    if (distrust !== undefined) throw unusable(path, distrust);
    const bytes = Buffer.alloc(MAX_FILE_BYTES);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(descriptor);
  }
}

function whyNotPrivate(status: Stats, brokerUid: number): string | undefined {
  if (!status.isFile()) return 'is not a regular file';
  if (status.size > MAX_FILE_BYTES) return `is larger than ${MAX_FILE_BYTES} bytes`;
  if (process.platform === 'win32') return undefined;
  if (status.uid !== 0 && status.uid !== brokerUid) {
    return `belongs to user ${status.uid}; it must belong to root or the broker's user (chown root)`;
  }
  if ((status.mode & GROUP_AND_OTHERS) !== 0) return 'can be read or written by others than its owner (chmod 600)';
  return undefined;
}

function unusable(path: string, why: string, cause?: unknown): TbsError {
  return directoryFailure('wrongCredentials', { message: `The credentials file ${path} ${why}.`, cause });
}
