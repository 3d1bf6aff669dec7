/**
 * The folders in which the broker stores its files: the system's folders for the system's broker, the user's own for a
 * broker that a user runs (XDG Base Directory Specification 0.8; on Windows %ProgramData% and %LOCALAPPDATA%).
 */
import { homedir } from 'node:os';
import { isAbsolute, join, win32 } from 'node:path';

export type BrokerMode = 'system' | 'user';

export interface BrokerFolders {
  /** Folder of the sockets; its contents disappear at a reboot. */
  readonly rpcSocket: string;
  readonly wireSocket: string;
  readonly state: string;
  readonly configuration: string;
  readonly log: string;
  /** The folder to which the Samba extension delivers Group Policy. A domain governs only the system's broker. */
  readonly groupPolicy?: string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const SYSTEM_FOLDERS: BrokerFolders = {
  ...socketsIn('/run/tpmtbs'),
  state: '/var/lib/tpmtbs',
  configuration: '/etc/tpmtbs',
  log: '/var/log/tpmtbs',
  groupPolicy: '/var/lib/tpmtbs-policy/samba',
};

function socketsIn(runtime: string) {
  return { rpcSocket: join(runtime, 'rpc.sock'), wireSocket: join(runtime, 'wire.sock') };
}

/** The specification says to ignore a relative path in an XDG variable. */
function folderFrom(environment: Environment, variable: string, fallback: string): string {
  const value = environment[variable];
  return value !== undefined && isAbsolute(value) ? value : fallback;
}

export function brokerFolders(
  mode: BrokerMode,
  environment: Environment,
  uid: number,
  platform: NodeJS.Platform = process.platform,
): BrokerFolders {
  if (platform === 'win32') return windowsFolders(mode, environment);
  if (mode === 'system') return SYSTEM_FOLDERS;
  const home = folderFrom(environment, 'HOME', homedir());
  const state = join(folderFrom(environment, 'XDG_STATE_HOME', join(home, '.local', 'state')), 'tpmtbs');
  return {
    ...socketsIn(join(folderFrom(environment, 'XDG_RUNTIME_DIR', `/run/user/${uid}`), 'tpmtbs')),
    state,
    configuration: join(folderFrom(environment, 'XDG_CONFIG_HOME', join(home, '.config')), 'tpmtbs'),
    log: join(state, 'log'),
  };
}

/**
 * The wire protocol serves the C libraries, which exist on Linux only: its pipe gets a name here but is never opened.
 */
function windowsFolders(mode: BrokerMode, environment: Environment): BrokerFolders {
  const isSystem = mode === 'system';
  const base = isSystem
    ? (environment['ProgramData'] ?? 'C:\\ProgramData')
    : (environment['LOCALAPPDATA'] ?? win32.join(homedir(), 'AppData', 'Local'));
  const folder = win32.join(base, 'TpmTbs');
  const pipe = isSystem ? '\\\\.\\pipe\\tpmtbs' : `\\\\.\\pipe\\tpmtbs-${environment['USERNAME'] ?? 'user'}`;
  return {
    rpcSocket: pipe,
    wireSocket: `${pipe}-wire`,
    state: win32.join(folder, 'state'),
    configuration: folder,
    log: win32.join(folder, 'log'),
  };
}
