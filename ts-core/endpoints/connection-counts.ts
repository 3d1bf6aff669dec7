/** Counts the open connections of one endpoint, in all and by user, and decides who may open another. */
import { type Caller, isAdministrator, sharedLimit } from '../domain/caller.js';

export interface ConnectionLimits {
  /** Of all users. */
  readonly maxConnections: number;
  readonly maxConnectionsPerUser: number;
}

export class ConnectionCounts {
  readonly #countOfUser = new Map<string, number>();
  #all = 0;
  readonly #limits: ConnectionLimits;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** Returns the limit that leaves the caller no further connection, if any. Administrators have no limit of a user. */
  reachedLimit(caller: Caller): keyof ConnectionLimits | undefined {
    const { maxConnections, maxConnectionsPerUser } = this.#limits;
    if (this.#all >= sharedLimit(caller, maxConnections)) return 'maxConnections';
    if (isAdministrator(caller) || this.#connectionsOf(caller) < maxConnectionsPerUser) return undefined;
    return 'maxConnectionsPerUser';
  }

  /** Counts a connection from when it is accepted, so that those that are still being set up are included. */
  add(caller: Caller): void {
    this.#count(caller, 1);
  }

  remove(caller: Caller): void {
    this.#count(caller, -1);
  }

  #connectionsOf({ userKey }: Caller): number {
    return this.#countOfUser.get(userKey) ?? 0;
  }

  #count(caller: Caller, change: 1 | -1): void {
    this.#all += change;
    const count = this.#connectionsOf(caller) + change;
    if (count > 0) this.#countOfUser.set(caller.userKey, count);
    else this.#countOfUser.delete(caller.userKey);
  }
}
