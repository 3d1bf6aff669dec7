/** Decides whether only root can change an action's script, from the status of the file and of every folder above it. */

export interface PathPart {
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'other';
  readonly uid: number;
  /** Permission bits, as chmod(2) has them. */
  readonly mode: number;
}

export type PathVerdict = { readonly trusted: true } | { readonly trusted: false; readonly reason: string };

const WRITABLE_BY_OTHERS = 0o022;

/**
 * `parts` begins with the file and ends with the root folder. Whoever can write a folder can replace what is in it; a
 * sticky folder protects only what exists, so it is not accepted either.
 */
export function judgeScriptPath(parts: readonly PathPart[], trustedUids: readonly number[]): PathVerdict {
  const [file] = parts;
  if (file?.kind !== 'file') return { trusted: false, reason: `${file?.path ?? 'The path'} is not a regular file.` };
  for (const { path, uid, mode } of parts) {
    if (!trustedUids.includes(uid)) {
      return { trusted: false, reason: `${path} belongs to user ${uid}; it must belong to root (chown root).` };
    }
    if ((mode & WRITABLE_BY_OTHERS) !== 0) {
      return { trusted: false, reason: `${path} can be written by others than root (chmod go-w).` };
    }
  }
  return { trusted: true };
}
