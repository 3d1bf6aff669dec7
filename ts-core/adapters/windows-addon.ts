/**
 * The native addon (native/addon) as it is on Windows, loaded once, with types.
 *
 * Failures of Windows' functions are Errors with `code` as libuv translates it ('EACCES'), `win32Error` and `syscall`.
 */
import { addonDoesNotServe, loadAddonFile } from './addon-file.js';

/** What an access token says; `memberships` answers for each of the groups that were asked about. */
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

/** A context of Windows' own TBS. Failures have `tbsResult`, its result code, or `code` where there is no tbs.dll. */
export interface NativeTbsContext {
  submit(command: Uint8Array, priority: number): Promise<Uint8Array>;
  cancel(): void;
  close(): void;
}

export interface WindowsAddon {
  /** GetTickCount64 in nanoseconds. */
  bootTimeNs(): bigint;
  /** LockFileEx, exclusive and without waiting. */
  tryLockExclusive(fd: number): boolean;
  /** Makes the pipe and serves it; `onConnection` gets a descriptor for net.Socket, or why a client was turned away. */
  readonly PipeListener: new (
    name: string,
    sddl: string,
    onConnection: (fd: number | undefined, error: Error | undefined) => void,
  ) => { close(): void };
  /** The client's end of a pipe, as a descriptor for net.Socket. */
  openPipe(name: string): number;
  pipeClientProcess(fd: number, groupSids: readonly string[]): NativeProcessToken;
  /** Only after data was read from the pipe: before, Windows does not know the client's user. */
  pipeClientUser(fd: number, groupSids: readonly string[]): NativeTokenFacts;
  /** SID of who made the pipe's first instance. */
  pipeOwner(fd: number): string;
  ownToken(groupSids: readonly string[]): NativeTokenFacts;
  accountSid(name: string): string | undefined;
  accountName(sid: string): string | undefined;
  protectFolder(path: string, sddl: string): void;
  ownerOf(path: string): string;
  /** Below HKEY_LOCAL_MACHINE; undefined when there is no such key. */
  registryValues(key: string): NativeRegistryValue[] | undefined;
  registrySubkeys(key: string): string[] | undefined;
  makeRegistryKey(key: string, sddl: string): void;
  setRegistryValue(key: string, name: string, type: number, data: Uint8Array): void;
  deleteRegistryValue(key: string, name: string): void;
  readonly TbsContext: new () => NativeTbsContext;
}

let loaded: WindowsAddon | undefined;

/** The addon. Throws, with the command that builds it, when it is missing; and on platforms other than Windows. */
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
