/** Reads a file with a secret, but only if nobody except root or the broker's user can read or write it. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { codeOf } from './directory-failure.js';

const GROUP_AND_OTHERS = 0o077;
const GROUP_READ = 0o040;

export interface PrivateFileRules {
  /** The only user besides root who may own the file. */
  readonly brokerUid: number;
  readonly maxBytes: number;
  /**
   * The service manager loaded the file and protects it by its folder. It lets the broker's user read a file of root by
   * an access control list, whose mask shows as the group's permission.
   */
  readonly isServiceCredential?: boolean | undefined;
  /** Creates the error for `why`, a predicate such as "cannot be read (ENOENT)". */
  readonly refuse: (why: string, cause?: unknown) => Error;
}

/** Reads the file. The caller must wipe the bytes. */
export function readPrivateFile(path: string, rules: PrivateFileRules): Buffer {
  const { maxBytes, refuse } = rules;
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw refuse(`cannot be read (${codeOf(error)})`, error);
  }
  try {
    const distrust = whyNotPrivate(fstatSync(descriptor), rules);
    if (distrust !== undefined) throw refuse(distrust);
    const bytes = Buffer.alloc(maxBytes);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(descriptor);
  }
}

function whyNotPrivate(
  status: Stats,
  { brokerUid, maxBytes, isServiceCredential }: PrivateFileRules,
): string | undefined {
  if (!status.isFile()) return 'is not a regular file';
  if (status.size > maxBytes) return `is larger than ${maxBytes} bytes`;
  if (process.platform === 'win32') return undefined;
  if (status.uid !== 0 && status.uid !== brokerUid) {
    return `belongs to user ${status.uid}; it must belong to root or the broker's user (chown root)`;
  }
  const forbidden = isServiceCredential === true ? GROUP_AND_OTHERS & ~GROUP_READ : GROUP_AND_OTHERS;
  if ((status.mode & forbidden) !== 0) return 'can be read or written by others than its owner (chmod 600)';
  return undefined;
}
