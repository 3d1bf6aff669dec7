/**
 * The caller at the other end of a Unix socket connection, as the kernel vouches for it at accept.
 * On Windows: pipe-peer.ts.
 */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Caller } from '../../domain/caller.js';
import { TbsError } from '../../domain/tbs-error.js';
import { classifyUnixCaller, type UnixCallerRules } from '../../domain/unix-caller.js';
import { nativeAddon } from './native-addon.js';
import { descriptorOf } from './socket-descriptor.js';

const OVERFLOW_UID_FILE = '/proc/sys/kernel/overflowuid';
const DEFAULT_OVERFLOW_UID = 65534;

/** The kernel's overflow user id; its documented default where /proc is not mounted. */
export function readOverflowUid(): number {
  try {
    const uid = Number.parseInt(readFileSync(OVERFLOW_UID_FILE, 'utf8'), 10);
    return Number.isInteger(uid) ? uid : DEFAULT_OVERFLOW_UID;
  } catch {
    return DEFAULT_OVERFLOW_UID;
  }
}

/**
 * The caller behind an accepted connection. Call it in the connection handler: a socket that has closed has no
 * descriptor any more. Throws TBS_E_ACCESS_DENIED when the kernel does not say who it is.
 */
export function callerOfUnixSocket(socket: Socket, rules: UnixCallerRules): Caller {
  const fd = descriptorOf(socket);
  if (fd === undefined) {
    throw new TbsError('TBS_E_ACCESS_DENIED', { message: 'The connection closed before its user was known.' });
  }
  return callerOfDescriptor(fd, rules);
}

/** As `callerOfUnixSocket`, for a connected Unix socket that is held as a descriptor. */
export function callerOfDescriptor(fd: number, rules: UnixCallerRules): Caller {
  const verdict = classifyUnixCaller(peerOf(fd), rules);
  if (!verdict.ok) {
    throw new TbsError('TBS_E_ACCESS_DENIED', {
      message: 'The user is not known on this side: it belongs to another user namespace.',
      action: 'Connect from a user whose id is mapped into the user namespace of the broker.',
      details: { reason: verdict.reason },
    });
  }
  return verdict.caller;
}

function peerOf(fd: number) {
  try {
    return nativeAddon().peerCredentials(fd);
  } catch (cause) {
    throw new TbsError('TBS_E_ACCESS_DENIED', {
      message: 'The operating system did not say who is at the other end of the connection.',
      cause,
    });
  }
}
