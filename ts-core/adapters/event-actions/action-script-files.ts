/**
 * Reads the scripts of event actions. Every folder from the root down to the script is opened below the one before, and
 * the descriptors are what is judged: nobody can exchange a part of the path between the check and the reading.
 */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs';
import type { ActionScripts, ScriptRead } from '../../application/ports/action-scripts.js';
import { judgeScriptPath, type PathPart } from '../../domain/event-actions/trusted-path.js';
import { readUpTo } from '../bounded-read.js';

export const MAX_SCRIPT_BYTES = 1_048_576;

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** Non-blocking, so that a named pipe in the script's place cannot block the reader. */
const FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export class ActionScriptFiles implements ActionScripts {
  readonly #trustedUids: readonly number[];

  /** `trustedUids`: root, and for a broker of one user that user. */
  constructor(trustedUids: readonly number[]) {
    this.#trustedUids = trustedUids;
  }

  read(path: string): ScriptRead {
    const names = path.split('/').slice(1);
    if (!path.startsWith('/') || names.some((name) => ['', '.', '..'].includes(name))) {
      return refused(`${path} is not an absolute path without "." and "..".`);
    }
    const opened: number[] = [];
    try {
      const parts = openEach(names, opened);
      const verdict = judgeScriptPath(parts.reverse(), this.#trustedUids);
      if (!verdict.trusted) return refused(verdict.reason);
      return readWhole(path, opened.at(-1) as number);
    } catch (error) {
      return refused(explain(path, error));
    } finally {
      for (const descriptor of opened) closeSync(descriptor);
    }
  }
}

/** Returns the parts of the path from the root folder to the file, and adds their descriptors to `opened`. */
function openEach(names: readonly string[], opened: number[]): PathPart[] {
  const open = (path: string, shown: string, flags: number): PathPart => {
    const descriptor = openSync(path, flags);
    opened.push(descriptor);
    const status = fstatSync(descriptor);
    return { path: shown, kind: kindOf(status), uid: status.uid, mode: status.mode & 0o7777 };
  };
  const parts = [open('/', '/', FOLDER)];
  for (const [index, name] of names.entries()) {
    const flags = index === names.length - 1 ? FILE : FOLDER;
    // Does what openat(2) does, which Node.js does not offer.
    parts.push(open(`/proc/self/fd/${opened.at(-1)}/${name}`, `/${names.slice(0, index + 1).join('/')}`, flags));
  }
  return parts;
}

function kindOf(status: Stats): PathPart['kind'] {
  if (status.isFile()) return 'file';
  return status.isDirectory() ? 'folder' : 'other';
}

function readWhole(path: string, descriptor: number): ScriptRead {
  const bytes = readUpTo(descriptor, MAX_SCRIPT_BYTES);
  if (bytes === undefined) return refused(`${path} is larger than ${MAX_SCRIPT_BYTES} bytes.`);
  return { ok: true, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function refused(reason: string): ScriptRead {
  return { ok: false, reason };
}

function explain(path: string, error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
  if (code === 'ENOENT') return `${path} does not exist.`;
  if (code === 'ELOOP' || code === 'ENOTDIR')
    return `A folder of ${path} is a symbolic link or a file; name the script by its real path.`;
  return `${path} cannot be opened (${code}).`;
}
