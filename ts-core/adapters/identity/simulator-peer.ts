/**
 * Identifies the caller and the process of a connection to a simulator endpoint, over a Unix socket or loopback TCP.
 */
import { readdir, readlink } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { Caller } from '../../domain/caller.js';
import type { UnixCallerRules } from '../../domain/unix-caller.js';
import { isSameProcess, processIdentity } from '../process-identity.js';
import { callerOfTcpSocket } from './tcp-peer.js';
import { callerOfUnixSocket } from './unix-peer.js';

export interface IdentifiedProcess {
  /** Process id, start time and boot id, so that no later process can have the same key. */
  readonly key: string;
  hasEnded(): Promise<boolean>;
}

export interface IdentifiedPeer {
  readonly caller: Caller;
  /** Undefined if the process has ended, or if it belongs to another user and the broker does not run as root. */
  readonly process: IdentifiedProcess | undefined;
}

const REMEMBERED_PROCESSES = 16;
/** Searching all processes is slow, so each user may cause only a few searches at a time. */
const MAX_SEARCHES_PER_USER = 4;

/** Returns the function that identifies the peer of each simulator connection. It rejects when it cannot. */
export function simulatorPeerIdentifier(rules: UnixCallerRules): (socket: Socket) => Promise<IdentifiedPeer> {
  const processes = new SocketOwners();
  return async (socket) => {
    if (socket.remotePort === undefined) {
      const caller = callerOfUnixSocket(socket, rules);
      return { caller, process: identifiedProcess(caller.processId) };
    }
    const { caller, owner } = await callerOfTcpSocket(socket, rules);
    const pid = await processes.find(owner.inode, owner.uid);
    return { caller: { ...caller, processId: pid }, process: identifiedProcess(pid) };
  };
}

/** Returns the process that has this id now; undefined if it has ended. */
export function identifiedProcess(pid: number | undefined): IdentifiedProcess | undefined {
  const identity = pid === undefined ? undefined : processIdentity(pid);
  if (identity === undefined) return undefined;
  return {
    key: `${identity.bootId} ${identity.pid} ${identity.startTime}`,
    hasEnded: async () => !isSameProcess(identity),
  };
}

/** Finds the process that has a socket open. Processes that it found recently are checked first. */
class SocketOwners {
  #recent: readonly number[] = [];
  readonly #searches = new Map<number, number>();

  /** Returns the process id; undefined when no process is found or too many searches are running for this user. */
  async find(inode: number, uid: number): Promise<number | undefined> {
    const target = `socket:[${inode}]`;
    for (const pid of this.#recent) if (await hasOpen(pid, target)) return pid;
    const running = this.#searches.get(uid) ?? 0;
    if (running >= MAX_SEARCHES_PER_USER) return undefined;
    this.#searches.set(uid, running + 1);
    try {
      return await this.#search(target);
    } finally {
      const left = (this.#searches.get(uid) ?? 1) - 1;
      if (left === 0) this.#searches.delete(uid);
      else this.#searches.set(uid, left);
    }
  }

  async #search(target: string): Promise<number | undefined> {
    for (const name of await readdir('/proc').catch(() => [])) {
      const pid = Number(name);
      if (!Number.isInteger(pid) || !(await hasOpen(pid, target))) continue;
      this.#recent = [pid, ...this.#recent.filter((known) => known !== pid)].slice(0, REMEMBERED_PROCESSES);
      return pid;
    }
    return undefined;
  }
}

async function hasOpen(pid: number, target: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  for (const fd of await readdir(folder).catch(() => [])) {
    if ((await readlink(`${folder}/${fd}`).catch(() => '')) === target) return true;
  }
  return false;
}
