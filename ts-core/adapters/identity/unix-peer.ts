/**
 * Identifies the caller at the other end of a Unix socket connection, as the kernel recorded it. For Windows, see
 * pipe-peer.ts.
 */
import type { Socket } from 'node:net';
import type { Caller } from '../../domain/caller.js';
import { TbsError } from '../../domain/tbs-error.js';
import { classifyUnixCaller, type UnixCallerRules } from '../../domain/unix-caller.js';
import { nativeAddon } from './native-addon.js';
import { descriptorOf } from './socket-descriptor.js';

/**
 * Identifies the caller of an accepted connection. Call it in the connection handler: a closed socket no longer has a
 * descriptor. Throws TBS_E_ACCESS_DENIED when the kernel does not identify the caller.
 */
export function callerOfUnixSocket(socket: Socket, rules: UnixCallerRules): Caller {
  const fd = descriptorOf(socket);
  if (fd === undefined) {
    throw new TbsError('TBS_E_ACCESS_DENIED', { message: 'The connection closed before its user was known.' });
  }
  return callerOfDescriptor(fd, rules);
}

/** Does the same as `callerOfUnixSocket` for the descriptor of a connected Unix socket. */
export function callerOfDescriptor(fd: number, rules: UnixCallerRules): Caller {
  const verdict = classifyUnixCaller(peerOf(fd), rules);
  if (!verdict.ok) throw overflowUserRefused(rules.overflowUid);
  return verdict.caller;
}

/** Returns the error for a caller that the kernel reports under the overflow id while `overflowUser` is not set. */
export function overflowUserRefused(overflowUid: number): TbsError {
  return new TbsError('TBS_E_ACCESS_DENIED', {
    message: `The caller is user ${overflowUid}: nobody, or a user whom the broker's user namespace does not know.`,
    action: 'Set overflowUser in tbsd.json to the user behind it, or connect as another user (docs/containers.md).',
    details: { reason: 'overflowUid' },
  });
}

function peerOf(fd: number) {
  try {
    return nativeAddon().peerCredentials(fd);
  } catch (cause) {
    throw new TbsError('TBS_E_ACCESS_DENIED', {
      message: 'The operating system did not identify the process at the other end of the connection.',
      cause,
    });
  }
}
