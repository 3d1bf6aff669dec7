/**
 * The native addon (native/addon) as it is on Linux, loaded once, with types. On Windows: windows-addon.ts.
 */
import type { ByteStream } from '../../application/ports.js';
import { addonDoesNotServe, loadAddonFile } from '../addon-file.js';

/** What the kernel recorded about the process at the other end when it connected (unix(7)). */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups; may or may not contain `gid`. */
  readonly groups: readonly number[];
}

/** Failures of system calls are Errors with `code` ('EBADF'), `errno` and `syscall`, as Node.js' own. */
export interface NativeAddon {
  /** CLOCK_BOOTTIME in nanoseconds. */
  bootTimeNs(): bigint;
  /** SO_PEERCRED and SO_PEERGROUPS of a connected Unix stream socket. */
  peerCredentials(fd: number): PeerCredentials;
  /** One datagram to a Unix socket; a path that begins with '@' is an abstract one. */
  sendDatagram(path: string, bytes: Uint8Array): void;
  /** flock(2), exclusive and without waiting: whether the open file is locked by this call. Freed with the descriptor. */
  tryLockExclusive(fd: number): boolean;
  /** What byte streams are watched by. */
  readonly StreamPoller: new () => StreamPoller;
  /** Takes the descriptor of a connected stream socket over, or duplicates it; see ByteStreamOpener. */
  readonly ByteStream: new (
    poller: StreamPoller,
    fd: number,
    buffer: Uint8Array,
    onReadable: (received: number) => void,
    onWritable: () => void,
    takesOver: boolean,
  ) => ByteStream;
  /** The descriptor of a new socket that listens on the path, which must not exist. */
  listenOnUnixPath(path: string, backlog: number): number;
  /** Takes a listening descriptor over. `onAccepted` gets descriptors of connections, or a negative errno. */
  readonly ConnectionAcceptor: new (
    fd: number,
    onAccepted: (accepted: number) => void,
  ) => { close(): void };
  /** Whether the other end of an accepted connection has closed it already. */
  peerIsGone(fd: number): boolean;
  /** Closes an accepted connection, after sending what fits into the peer's buffer. */
  refuseConnection(fd: number, bytes: Uint8Array): void;
  /** `target`: principal of the service; `channelBindings` may be empty. Throws `code` ERR_NO_KERBEROS without libraries. */
  readonly KerberosClient: new (
    principal: string,
    keytabPath: string,
    target: string,
    channelBindings: Uint8Array,
  ) => KerberosClient;
  /** The longest path, in bytes, that a Unix socket can have here. */
  readonly unixSocketPathMax: number;
}

/** An epoll set of its own: the callbacks of all streams that are ready are made in one callback of the event loop. */
export interface StreamPoller {
  /** Makes the callbacks of the streams that are ready now, without waiting; none when called from such a callback. */
  poll(): void;
}

/** One authentication to one service with the key of a keytab, through the system's Kerberos (GSS-API, RFC 2743). */
export interface KerberosClient {
  /** The next token for the service. Rejects with Errors that have `major` and `minor` of the GSS-API as numbers. */
  step(input?: Uint8Array): Promise<{ readonly token: Buffer; readonly done: boolean }>;
  wrap(bytes: Uint8Array): Buffer;
  unwrap(bytes: Uint8Array): Buffer;
  /** Destroys tickets and keys, at the end of the step that is under way. */
  close(): void;
}

let loaded: NativeAddon | undefined;

/** The addon. Throws, with the command that builds it, when it is missing; and on platforms that it does not serve. */
export function nativeAddon(): NativeAddon {
  loaded ??= load();
  return loaded;
}

function load(): NativeAddon {
  const addon = loadAddonFile();
  if (!isNativeAddon(addon)) throw addonDoesNotServe();
  return addon;
}

function isNativeAddon(value: unknown): value is NativeAddon {
  if (typeof value !== 'object' || value === null) return false;
  const addon = value as Record<string, unknown>;
  return (
    typeof addon['bootTimeNs'] === 'function' &&
    typeof addon['ByteStream'] === 'function' &&
    typeof addon['ConnectionAcceptor'] === 'function' &&
    typeof addon['KerberosClient'] === 'function' &&
    typeof addon['peerCredentials'] === 'function' &&
    typeof addon['refuseConnection'] === 'function' &&
    typeof addon['sendDatagram'] === 'function' &&
    typeof addon['StreamPoller'] === 'function' &&
    typeof addon['tryLockExclusive'] === 'function' &&
    typeof addon['unixSocketPathMax'] === 'number'
  );
}
