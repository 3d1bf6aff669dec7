/**
 * The typed interface of the native addon (native/addon) on Windows, which is loaded once.
 *
 * A failed Windows function throws an Error with `code` as libuv translates it ('EACCES'), `win32Error` and `syscall`.
 */
import { addonDoesNotServe, loadAddonFile } from './addon-file.js';

/** The facts of an access token; `memberships` has one entry for each group that was asked about. */
export interface NativeTokenFacts {
  readonly userSid: string;
  readonly isAdministrator: boolean;
  readonly isAppContainer: boolean;
  readonly memberships: readonly boolean[];
}

export interface NativeProcessToken extends NativeTokenFacts {
  readonly processId: number;
}

export interface NativeRegistryValue {
  readonly name: string;
  readonly type: number;
  readonly data: Uint8Array;
}

/** A context of Windows' own TBS. Errors have the TBS result code in `tbsResult`, or `code` if tbs.dll is missing. */
export interface NativeTbsContext {
  submit(command: Uint8Array, priority: number): Promise<Uint8Array>;
  cancel(): void;
  close(): void;
}

export interface WindowsAddon {
  /** Returns GetTickCount64 in nanoseconds. */
  bootTimeNs(): bigint;
  /** Tries LockFileEx, exclusive and non-blocking. */
  tryLockExclusive(fd: number): boolean;
  /** Creates and serves the pipe; `onConnection` receives a descriptor for net.Socket, or why a client was refused. */
  readonly PipeListener: new (
    name: string,
    sddl: string,
    onConnection: (fd: number | undefined, error: Error | undefined) => void,
  ) => { close(): void };
  /** Opens the client's end of a pipe and returns a descriptor for net.Socket. */
  openPipe(name: string): number;
  pipeClientProcess(fd: number, groupSids: readonly string[]): NativeProcessToken;
  /** Works only after data was read from the pipe: before that, Windows does not know the client's user. */
  pipeClientUser(fd: number, groupSids: readonly string[]): NativeTokenFacts;
  /** Returns the SID of the user who created the pipe's first instance. */
  pipeOwner(fd: number): string;
  ownToken(groupSids: readonly string[]): NativeTokenFacts;
  accountSid(name: string): string | undefined;
  accountName(sid: string): string | undefined;
  protectFolder(path: string, sddl: string): void;
  ownerOf(path: string): string;
  /** Reads values below HKEY_LOCAL_MACHINE; undefined when there is no such key. */
  registryValues(key: string): NativeRegistryValue[] | undefined;
  registrySubkeys(key: string): string[] | undefined;
  makeRegistryKey(key: string, sddl: string): void;
  setRegistryValue(key: string, name: string, type: number, data: Uint8Array): void;
  deleteRegistryValue(key: string, name: string): void;
  readonly TbsContext: new () => NativeTbsContext;
}

let loaded: WindowsAddon | undefined;

/** Returns the addon. Throws when it is missing, naming the command that builds it, and on other platforms. */
export function windowsAddon(): WindowsAddon {
  loaded ??= load();
  return loaded;
}

function load(): WindowsAddon {
  const addon = loadAddonFile();
  if (!isWindowsAddon(addon)) throw addonDoesNotServe();
  return addon;
}

const FUNCTIONS = [
  ...['bootTimeNs', 'tryLockExclusive', 'PipeListener', 'openPipe', 'pipeClientProcess', 'pipeClientUser'],
  ...['pipeOwner', 'ownToken', 'accountSid', 'accountName', 'protectFolder', 'ownerOf', 'registryValues'],
  ...['registrySubkeys', 'makeRegistryKey', 'setRegistryValue', 'deleteRegistryValue', 'TbsContext'],
];

function isWindowsAddon(value: unknown): value is WindowsAddon {
  if (typeof value !== 'object' || value === null) return false;
  const addon = value as Record<string, unknown>;
  return FUNCTIONS.every((name) => typeof addon[name] === 'function');
}
