/**
 * Identifies the caller at the other end of a loopback TCP connection from the kernel's table of connections.
 *
 * The table shows only the user, not the groups of the process. So group membership makes nobody an administrator over
 * TCP, and if a group of sandboxed apps is configured, every TCP caller counts as one, since it might be.
 */
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { Caller } from '../../domain/caller.js';
import { TbsError } from '../../domain/tbs-error.js';
import { classifyUnixCaller, type UnixCallerRules } from '../../domain/unix-caller.js';
import { ownerInTcpTable, type TcpAddress, type TcpOwner } from './tcp-connection-table.js';
import { overflowUserRefused } from './unix-peer.js';

export interface TcpCaller {
  readonly caller: Caller;
  readonly owner: TcpOwner;
}

/** Primary group of a caller whose groups are unknown; no setting can name it. */
const NO_GROUP = -1;

/** Rejects with TBS_E_ACCESS_DENIED when the kernel does not identify a user, for instance after the client closed. */
export async function callerOfTcpSocket(socket: Socket, rules: UnixCallerRules): Promise<TcpCaller> {
  const owner = await ownerOf(socket);
  if (owner === undefined) {
    throw new TbsError('TBS_E_ACCESS_DENIED', {
      message: 'The kernel’s table of TCP connections does not show the user at the other end.',
      action: 'Connect from this machine, and keep the connection open until you get an answer.',
    });
  }
  const gid = rules.sandboxGroupGid ?? NO_GROUP;
  const verdict = classifyUnixCaller({ uid: owner.uid, gid, groups: [] }, rules);
  if (!verdict.ok) throw overflowUserRefused(rules.overflowUid);
  return { caller: verdict.caller, owner };
}

async function ownerOf(socket: Socket): Promise<TcpOwner | undefined> {
  const client = address(socket.remoteAddress, socket.remotePort);
  const server = address(socket.localAddress, socket.localPort);
  if (client === undefined || server === undefined) return undefined;
  for (const family of ['tcp', 'tcp6'] as const) {
    const table = await readFile(`/proc/net/${family}`, 'latin1').catch(() => '');
    const owner = ownerInTcpTable(table, family, client, server);
    if (owner !== undefined) return owner;
  }
  return undefined;
}

function address(host: string | undefined, port: number | undefined): TcpAddress | undefined {
  return host === undefined || port === undefined ? undefined : { host, port };
}
