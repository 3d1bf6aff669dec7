/**
 * Creates the folders that the configuration names before anything else starts, so that an obstacle is reported with
 * the name of the setting, and not by whichever part meets it first.
 */
import { accessSync, chmodSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Configuration } from './configuration.js';

/**
 * A place that the configuration names cannot be used. tbsd exits with 77 if a permission is missing, otherwise with
 * 74.
 */
export class UnusablePlaceError extends Error {
  override readonly name = 'UnusablePlaceError';

  constructor(
    message: string,
    readonly permissionMissing: boolean,
    cause: unknown,
  ) {
    super(message, { cause });
  }
}

interface WantedFolder {
  readonly setting: string;
  readonly folder: string;
  readonly mode: number;
}

/** `inherited`: sockets that the service manager has already opened. */
export function prepareFolders(configuration: Configuration, inherited: ReadonlyMap<string, number>): void {
  // On Windows, folders get access control lists, and pipes have no folder.
  if (process.platform === 'win32') return;
  for (const wanted of wantedFolders(configuration, inherited)) prepare(wanted);
}

function wantedFolders(configuration: Configuration, inherited: ReadonlyMap<string, number>): readonly WantedFolder[] {
  const { stateFolder, sockets, log, simulator } = configuration;
  // Every user must be able to reach a socket.
  const socket = (setting: string, address: string) => ({ setting, folder: dirname(address), mode: 0o755 });
  const simulated = { ...simulator.swtpm, ...simulator.mssim, bare: simulator.bare };
  return [
    { setting: 'stateFolder', folder: stateFolder, mode: 0o700 },
    ...(log.path === null ? [] : [{ setting: 'log.path', folder: dirname(log.path), mode: 0o700 }]),
    ...(['rpc', 'wire'] as const)
      .filter((name) => !inherited.has(name))
      .map((name) => socket(`sockets.${name}`, sockets[name])),
    ...Object.values(simulated)
      .filter((address) => address?.startsWith('unix:') === true)
      .map((address) => socket('simulator', String(address).slice('unix:'.length))),
  ];
}

function prepare({ setting, folder, mode }: WantedFolder): void {
  try {
    makeFolder(folder, mode);
    if (!statSync(folder).isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const code = codeOf(cause);
    const permissionMissing = code === 'EACCES' || code === 'EPERM';
    throw new UnusablePlaceError(
      `${setting}: cannot use the folder ${folder}: ${REASONS[code] ?? `${cause instanceof Error ? cause.message : cause}`}. ` +
        (permissionMissing
          ? `Give it to the user who runs tbsd, or set ${setting} in tbsd.json.`
          : `Fix it, or set ${setting} in tbsd.json.`),
      permissionMissing,
      cause,
    );
  }
}

/** Creates one folder at a time: where a parent exists but refuses (/proc), Node.js' recursive mkdir never returns. */
function makeFolder(folder: string, mode: number): void {
  if (exists(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) makeFolder(parent, mode);
  mkdirSync(folder, { mode });
  // Independent of the umask.
  chmodSync(folder, mode);
}

function exists(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTDIR: 'it, or a folder above it, is a file',
  EEXIST: 'it, or a folder above it, is a file',
  EACCES: 'the permission is missing',
  EPERM: 'the permission is missing',
  EROFS: 'its file system is read-only',
  ENOSPC: 'the disk is full',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its symbolic links form a loop',
  ENOENT: 'nothing can be created there',
};
