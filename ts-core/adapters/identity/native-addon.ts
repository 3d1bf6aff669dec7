/**
 * The typed interface of the native addon (native/addon) on Linux, which is loaded once. For Windows, see
 * windows-addon.ts.
 */
import type { ByteStream } from '../../application/ports/event-loop.js';
import { addonDoesNotServe, loadAddonFile } from '../addon-file.js';

/** What the kernel recorded about the process at the other end when it connected (unix(7)). */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups; may or may not contain `gid`. */
  readonly groups: readonly number[];
}

/** A failed system call throws an Error with `code` ('EBADF'), `errno` and `syscall`, like Node.js' own. */
export interface NativeAddon {
  /** Returns CLOCK_BOOTTIME in nanoseconds. */
  bootTimeNs(): bigint;
  /** Reads SO_PEERCRED and SO_PEERGROUPS of a connected Unix stream socket. */
  peerCredentials(fd: number): PeerCredentials;
  /** Sends one datagram to a Unix socket; a path that begins with '@' names an abstract socket. */
  sendDatagram(path: string, bytes: Uint8Array): void;
  /** Tries flock(2), exclusive and non-blocking. The lock ends when the descriptor is closed. */
  tryLockExclusive(fd: number): boolean;
  /** Watches byte streams for readiness. */
  readonly StreamPoller: new () => StreamPoller;
  /** Takes over the descriptor of a connected stream socket, or duplicates it; see ByteStreamOpener. */
  readonly ByteStream: new (
    poller: StreamPoller,
    fd: number,
    buffer: Uint8Array,
    onReadable: (received: number) => void,
    onWritable: () => void,
    takesOver: boolean,
  ) => ByteStream;
  /** Creates a socket that listens on the path, which must not exist yet, and returns its descriptor. */
  listenOnUnixPath(path: string, mode: number, backlog: number): number;
  /** Takes over a listening descriptor. `onAccepted` receives the descriptor of a connection, or a negative errno. */
  readonly ConnectionAcceptor: new (
    fd: number,
    onAccepted: (accepted: number) => void,
  ) => { close(): void };
  /** Returns whether the peer has already closed an accepted connection. */
  peerIsGone(fd: number): boolean;
  /** Sends as many of the bytes as fit into the peer's buffer, then closes the accepted connection. */
  refuseConnection(fd: number, bytes: Uint8Array): void;
  /**
   * `target`: the service's principal. `channelBindings` may be empty. Throws `code` ERR_NO_KERBEROS without libraries.
   */
  readonly KerberosClient: new (
    principal: string,
    keytabPath: string,
    target: string,
    channelBindings: Uint8Array,
  ) => KerberosClient;
  /** The longest path of a Unix socket on this platform, in bytes. */
  readonly unixSocketPathMax: number;
}

/** A separate epoll set: one callback of the event loop runs the callbacks of all streams that are ready. */
export interface StreamPoller {
  /** Runs the callbacks of the streams that are ready now, without waiting. Does nothing inside such a callback. */
  poll(): void;
}

/** One authentication to one service with a key from a keytab, through the system's Kerberos (GSS-API, RFC 2743). */
export interface KerberosClient {
  /**
   * Returns the next token for the service. Rejects with an Error with the GSS-API's `major` and `minor` as numbers.
   */
  step(input?: Uint8Array): Promise<{ readonly token: Buffer; readonly done: boolean }>;
  wrap(bytes: Uint8Array): Buffer;
  unwrap(bytes: Uint8Array): Buffer;
  /** Destroys tickets and keys once a running step has finished. */
  close(): void;
}

let loaded: NativeAddon | undefined;

/**
 * Returns the addon. Throws when it is missing, naming the command that builds it, or does not support the platform.
 */
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
