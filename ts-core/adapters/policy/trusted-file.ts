/**
 * Reads a file that controls the broker. Whoever can write it controls the broker, so the file and its folder must
 * belong to root or the broker's user, and nobody else may write them. The reason for refusing a file says what to do
 * about it.
 */
import { closeSync, constants, fstatSync, openSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isTrustedOwnerSid } from '../../domain/windows-access.js';
import { readUpTo } from '../bounded-read.js';
import { windowsAddon } from '../windows-addon.js';

export type TrustedRead =
  | { readonly verdict: 'read'; readonly bytes: Uint8Array }
  | { readonly verdict: 'missing' }
  | { readonly verdict: 'refused'; readonly reason: string; readonly cause?: unknown };

const refused = (reason: string, cause?: unknown): TrustedRead => ({ verdict: 'refused', reason, cause });

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** Synchronous, because it reads only a few small files, at start and when they change. */
export function readTrustedFile(path: string, brokerUid: number, maxBytes: number): TrustedRead {
  let descriptor: number;
  try {
    // Non-blocking, so that a named pipe in the file's place cannot block the broker.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = errorCode(error);
    return code === 'ENOENT' ? { verdict: 'missing' } : refused(`cannot be read (${code})`, error);
  }
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) return refused('is not a regular file');
    const distrust = whyFileIsNotTrusted(path, status, brokerUid) ?? whyFolderIsNotTrusted(dirname(path), brokerUid);
    if (distrust !== undefined) return refused(distrust);
    if (status.size > maxBytes) return refused(`is larger than the ${maxBytes} bytes allowed`);
    const bytes = readUpTo(descriptor, maxBytes);
    return bytes === undefined ? refused(`is larger than the ${maxBytes} bytes allowed`) : { verdict: 'read', bytes };
  } catch (error) {
    return refused(`cannot be read (${errorCode(error)})`, error);
  } finally {
    closeSync(descriptor);
  }
}

/** Reads to the end, because the size from fstat may be outdated, or 0 for kernel files. */
function whyFileIsNotTrusted(path: string, status: Stats, brokerUid: number): string | undefined {
  if (process.platform === 'win32') return whyWindowsOwnerIsNotTrusted(path);
  if (!isOwnerTrusted(status, brokerUid)) {
    return `belongs to user ${status.uid}; it must belong to root or the broker's user (chown root)`;
  }
  if ((status.mode & WRITABLE_BY_OTHERS) !== 0) return 'can be written by others than its owner (chmod go-w)';
  return undefined;
}

/** Whoever can write a folder can replace the files in it, unless the folder is sticky. */
export function whyFolderIsNotTrusted(folder: string, brokerUid: number): string | undefined {
  if (process.platform === 'win32') return whyWindowsOwnerIsNotTrusted(folder);
  const status = statSync(folder);
  if (!isOwnerTrusted(status, brokerUid)) {
    return `folder ${folder} belongs to user ${status.uid}; it must belong to root or the broker's user (chown root)`;
  }
  if ((status.mode & WRITABLE_BY_OTHERS) !== 0 && (status.mode & STICKY) === 0) {
    return `folder ${folder} can be written by others than its owner (chmod go-w)`;
  }
  return undefined;
}

/**
 * On Windows only the owner matters: in %ProgramData% every user may create files and then owns them, but cannot change
 * the files of others.
 */
function whyWindowsOwnerIsNotTrusted(path: string): string | undefined {
  const addon = windowsAddon();
  const owner = addon.ownerOf(path);
  if (isTrustedOwnerSid(owner, addon.ownToken([]).userSid)) return undefined;
  return `${path} belongs to ${owner}; it must belong to the Administrators, SYSTEM or the broker's user`;
}

function isOwnerTrusted(status: Stats, brokerUid: number): boolean {
  return status.uid === 0 || status.uid === brokerUid;
}

export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
}
