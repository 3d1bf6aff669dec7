/**
 * Where the broker keeps its things: the system's folders for the system broker, the user's own for a broker that a
 * user runs (XDG Base Directory Specification 0.8).
 */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

export type BrokerMode = 'system' | 'user';

export interface BrokerFolders {
  /** Sockets; gone after a reboot. */
  readonly runtime: string;
  readonly state: string;
  readonly configuration: string;
  readonly log: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const SYSTEM_FOLDERS: BrokerFolders = {
  runtime: '/run/tpmtbs',
  state: '/var/lib/tpmtbs',
  configuration: '/etc/tpmtbs',
  log: '/var/log/tpmtbs',
};

/** A relative path in an XDG variable is to be ignored, says the specification. */
function folderFrom(environment: Environment, variable: string, fallback: string): string {
  const value = environment[variable];
  return value !== undefined && isAbsolute(value) ? value : fallback;
}

export function brokerFolders(mode: BrokerMode, environment: Environment, uid: number): BrokerFolders {
  if (mode === 'system') return SYSTEM_FOLDERS;
  const home = folderFrom(environment, 'HOME', homedir());
  const state = join(folderFrom(environment, 'XDG_STATE_HOME', join(home, '.local', 'state')), 'tpmtbs');
  return {
    runtime: join(folderFrom(environment, 'XDG_RUNTIME_DIR', `/run/user/${uid}`), 'tpmtbs'),
    state,
    configuration: join(folderFrom(environment, 'XDG_CONFIG_HOME', join(home, '.config')), 'tpmtbs'),
    log: join(state, 'log'),
  };
}
