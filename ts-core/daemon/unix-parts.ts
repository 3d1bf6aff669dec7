/** The daemon's parts on Linux and other Unix systems. */
import type { Socket } from 'node:net';
import { SystemKerberos } from '../adapters/directory/system-kerberos.js';
import type { AcceptedConnection } from '../adapters/identity/accepted-connection.js';
import { groupIdOf, UnixUserNames, userIdOf } from '../adapters/identity/account-database.js';
import { acceptNatively } from '../adapters/identity/connection-acceptor.js';
import { nativeAddon } from '../adapters/identity/native-addon.js';
import { nativeEventLoop, openNativeByteStream } from '../adapters/identity/native-byte-stream.js';
import { identifiedProcess, simulatorPeerIdentifier } from '../adapters/identity/simulator-peer.js';
import { SubordinateIds } from '../adapters/identity/subordinate-ids.js';
import { callerOfTcpSocket } from '../adapters/identity/tcp-peer.js';
import { callerOfUnixSocket } from '../adapters/identity/unix-peer.js';
import { overflowUserUid, readUserNamespace } from '../adapters/identity/user-namespace.js';
import { LmdbStateStore } from '../adapters/state/lmdb-state-store.js';
import { NativeByteConnection } from '../adapters/wire/native-byte-connection.js';
import type { UnixCallerRules } from '../domain/unix-caller.js';
import type { IncomingConnection } from '../endpoints/incoming-connection.js';
import { MessageRooms } from '../endpoints/message-rooms.js';
import type { Configuration } from './configuration.js';
import type { PlatformParts } from './platform-parts.js';

export function unixParts(configuration: Configuration, ownUid: number): PlatformParts {
  const addon = nativeAddon();
  const userNames = new UnixUserNames(() => performance.now());
  // Replaced in place when the configuration is read again; each connection is classified by the rules in force when
  // it opens.
  const rules = { ...callerRules(configuration, ownUid, userNames) };
  const rooms = new MessageRooms();
  const byteConnection = (connection: Socket | AcceptedConnection): NativeByteConnection =>
    new NativeByteConnection(connection, openNativeByteStream, rooms);
  return {
    bootTimeNs: addon.bootTimeNs,
    openStore: () => LmdbStateStore.open({ folder: configuration.stateFolder, tryLock: addon.tryLockExclusive }),
    userNames,
    openSocket: addon.listenOnUnixPath,
    endpoints: {
      identify: (socket) => callerOfUnixSocket(socket, rules),
      identifySimulatorPeer: simulatorPeerIdentifier(rules),
      identifyTcpPeer: async (socket) => (await callerOfTcpSocket(socket, rules)).caller,
      accept: (where, { onConnection, ...options }) =>
        acceptNatively(where, {
          ...options,
          onConnection: (accepted) => onConnection(incoming(accepted, rules, byteConnection)),
        }),
      processOf: identifiedProcess,
      byteConnection,
      rooms,
      listenForRpc: undefined,
    },
    transport: { openByteStream: openNativeByteStream },
    eventLoop: nativeEventLoop,
    windowsRegistry: undefined,
    kerberos: new SystemKerberos(addon.KerberosClient),
    hasLogind: true,
    prepareCallerRules: (changed) => {
      const next = callerRules(changed, ownUid, userNames);
      return () => void Object.assign(rules, next);
    },
    sendDatagram: addon.sendDatagram,
  };
}

function incoming(
  accepted: AcceptedConnection,
  rules: UnixCallerRules,
  byteConnection: (connection: AcceptedConnection) => NativeByteConnection,
): IncomingConnection {
  return {
    identify: () => accepted.callerBy(rules),
    peerIsGone: () => accepted.peerIsGone(),
    open: () => byteConnection(accepted),
    refuse: (lastWords) => accepted.refuse(lastWords),
  };
}

function callerRules(configuration: Configuration, ownUid: number, userNames: UnixUserNames): UnixCallerRules {
  const { administratorsGroup, observersGroup, observerUsers, sandboxedAppsGroup, overflowUser, mode } = configuration;
  const { eventActionsUser } = configuration;
  const namespace = readUserNamespace();
  const subordinate = new SubordinateIds({ keyOf: (user) => userNames.keyOf(user) });
  return {
    ownUid,
    userMode: mode === 'user',
    administratorsGroupGid:
      administratorsGroup === null ? undefined : groupIdOf(administratorsGroup, 'administratorsGroup'),
    observersGroupGid: observersGroup === null ? undefined : groupIdOf(observersGroup, 'observersGroup'),
    observerUids: observerUsers.map((user) => userIdOf(user, 'observerUsers')),
    eventActionsUid: eventActionsUser === null ? undefined : userIdOf(eventActionsUser, 'eventActionsUser'),
    sandboxGroupGid: sandboxedAppsGroup === null ? undefined : groupIdOf(sandboxedAppsGroup, 'sandboxedAppsGroup'),
    ownerOfSubordinateUid: (uid) => subordinate.ownerOf(uid),
    overflowUid: namespace.overflowUid,
    overflowUserUid:
      overflowUser === null ? undefined : overflowUserUid(overflowUser, namespace, (user) => userNames.keyOf(user)),
  };
}
