/** The daemon's parts on Windows: a named pipe, tokens, the registry, and Windows' own TBS. */
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { listenOnPipe, PipeInUseError } from '../adapters/identity/pipe-listener.js';
import type { PipePeerRules } from '../adapters/identity/pipe-peer.js';
import { groupSidOf, userSidOf, WindowsUserNames } from '../adapters/identity/windows-account-names.js';
import { RegistryStateStore } from '../adapters/state/registry-state-store.js';
import { lockStateFolder } from '../adapters/state/state-folder-lock.js';
import { type WindowsAddon, windowsAddon } from '../adapters/windows-addon.js';
import type { Log } from '../application/ports/logs.js';
import type { StateStore } from '../application/ports/state-store.js';
import type { Caller } from '../domain/caller.js';
import { TbsError } from '../domain/tbs-error.js';
import { stateFolderAccess, stateKeyAccess, systemPipeAccess, userPipeAccess } from '../domain/windows-access.js';
import { MessageRooms } from '../endpoints/message-rooms.js';
import type { RpcListen } from '../endpoints/rpc/rpc-server.js';
import { UnixListenError } from '../endpoints/unix-listener.js';
import type { Configuration } from './configuration.js';
import type { PlatformParts } from './platform-parts.js';

const STATE_KEY = 'Software\\TpmTbs\\State';

export function windowsParts(configuration: Configuration, log: Log): PlatformParts {
  const addon = windowsAddon();
  const own = addon.ownToken([]);
  const callers = new WeakMap<Socket, Caller>();
  return {
    bootTimeNs: addon.bootTimeNs,
    openStore: () => openStore(configuration, own.userSid, addon),
    userNames: new WindowsUserNames(addon),
    openSocket: undefined,
    endpoints: {
      identify: (socket) => knownCaller(callers, socket),
      identifySimulatorPeer: undefined,
      identifyTcpPeer: undefined,
      accept: undefined,
      processOf: () => undefined,
      byteConnection: undefined,
      rooms: new MessageRooms(),
      listenForRpc: pipeListening(configuration, own, callers, addon, log),
    },
    transport: { openTbsContext: () => new addon.TbsContext() },
    // There is no wire endpoint here: everything arrives through the event loop.
    eventLoop: { takeRequests: () => {}, nextTurn: () => new Promise((resolve) => setImmediate(resolve)) },
    windowsRegistry: addon,
    kerberos: undefined,
    hasLogind: false,
    // Nothing requests a reload on Windows, which has no SIGHUP.
    prepareCallerRules: () => () => {},
    sendDatagram: () => {},
  };
}

/**
 * Opens the records of a state folder under a registry key of their own, so that brokers with different folders do not
 * collide.
 */
function openStore({ stateFolder, mode }: Configuration, ownSid: string, addon: WindowsAddon): StateStore {
  mkdirSync(stateFolder, { recursive: true });
  addon.protectFolder(stateFolder, stateFolderAccess(ownSid));
  const lock = lockStateFolder({ folder: stateFolder, tryLock: addon.tryLockExclusive });
  const root = mode === 'user' ? 'HKEY_CURRENT_USER\\' : '';
  const folderName = createHash('sha256').update(stateFolder.toLowerCase()).digest('hex').slice(0, 16);
  return RegistryStateStore.open({
    key: `${root}${STATE_KEY}\\${folderName}`,
    access: stateKeyAccess(ownSid),
    registry: addon,
    onClose: () => closeSync(lock),
  });
}

function pipeListening(
  configuration: Configuration,
  own: { readonly userSid: string; readonly isAdministrator: boolean },
  callers: WeakMap<Socket, Caller>,
  addon: WindowsAddon,
  log: Log,
): RpcListen {
  const { mode, timeouts } = configuration;
  const access = mode === 'user' ? userPipeAccess(own.userSid) : systemPipeAccess(own.userSid, own.isAdministrator);
  const rules = callerRules(configuration, own.userSid, addon);
  return (name, { onConnection }) => {
    try {
      return listenOnPipe(
        name,
        {
          access,
          rules,
          silenceMs: timeouts.partialMessageMs,
          onConnection: (socket, caller) => {
            callers.set(socket, caller);
            onConnection(socket);
          },
          onRefused: (error) => log.warn({ error }, 'refused a connection'),
        },
        addon,
      );
    } catch (error) {
      if (error instanceof PipeInUseError) throw new UnixListenError('inUse', error.message);
      throw error;
    }
  };
}

function knownCaller(callers: WeakMap<Socket, Caller>, socket: Socket): Caller {
  const caller = callers.get(socket);
  if (caller === undefined)
    throw new TbsError('TBS_E_ACCESS_DENIED', { message: 'The caller of the pipe is unknown.' });
  return caller;
}

function callerRules(configuration: Configuration, ownSid: string, addon: WindowsAddon): PipePeerRules {
  const { administratorsGroup, observersGroup, observerUsers, sandboxedAppsGroup, mode } = configuration;
  const sidOf = (group: string | number | null, setting: string): string | undefined =>
    group === null ? undefined : groupSidOf(group, setting, addon);
  return {
    ownSid,
    userMode: mode === 'user',
    administratorsGroupSid: sidOf(administratorsGroup, 'administratorsGroup'),
    observersGroupSid: sidOf(observersGroup, 'observersGroup'),
    observerSids: observerUsers.map((user) => userSidOf(user, 'observerUsers', addon)),
    sandboxGroupSid: sidOf(sandboxedAppsGroup, 'sandboxedAppsGroup'),
  };
}
