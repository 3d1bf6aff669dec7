/** Takes snapshots of everything that `tbs top` shows, over a connection that is opened again when it breaks. */

import type { BrokerClient } from '../../client/broker-client.js';
import type { Activity } from '../../endpoints/rpc/protocol/activity.js';
import type { Context } from '../../endpoints/rpc/protocol/context.js';
import type { Event, RaisedEvent } from '../../endpoints/rpc/protocol/event.js';
import type { Lockout } from '../../endpoints/rpc/protocol/lockout.js';
import type { Queue } from '../../endpoints/rpc/protocol/queue.js';
import type { Resource } from '../../endpoints/rpc/protocol/resource.js';
import type { Status } from '../../endpoints/rpc/protocol/status.js';

/** The state of the broker at one moment. Parts that the caller may not see are null. */
export interface Snapshot {
  readonly time: string;
  readonly status: Status;
  readonly queue: Queue | null;
  readonly activity: Activity | null;
  readonly lockout: Lockout;
  readonly contexts: readonly Context[];
  readonly resources: readonly Resource[];
  /** The latest refusals, newest first. */
  readonly refusals: readonly Event[];
  /** The account names that the broker has reported, by user key. Events have only the key. */
  readonly userNames: Readonly<Record<string, string>>;
}

const KEPT_REFUSALS = 200;

export class BrokerWatch {
  readonly #connect: () => Promise<BrokerClient>;
  #broker: BrokerClient | undefined;
  #refusals: Event[] = [];
  readonly #userNames: Record<string, string> = {};

  constructor(connect: () => Promise<BrokerClient>) {
    this.#connect = connect;
  }

  /** Returns the connection, opening it first if there is none. Rejects with a BrokerError if there is no broker. */
  async broker(): Promise<BrokerClient> {
    if (this.#broker !== undefined) return this.#broker;
    const broker = await this.#connect();
    this.#broker = broker;
    this.#refusals = [];
    broker.onNotification('event/raised', (event) => this.#add(event));
    const { recent } = await broker.call('event/subscribe', { recent: 1000, follow: true });
    for (const event of recent) this.#add(event);
    return broker;
  }

  /** Takes a snapshot with the activity of the last `seconds`. Rejects if the broker cannot be reached. */
  async snapshot(seconds: number): Promise<Snapshot> {
    try {
      const broker = await this.broker();
      const status = await broker.call('status/get');
      const { callerClass, isObserver } = status.caller;
      const seesAll = callerClass === 'administrator' || isObserver;
      const [queue, activity, lockout, { contexts }, { resources }] = await Promise.all([
        callerClass === 'sandboxedApp' ? null : broker.call('queue/get'),
        seesAll ? broker.call('activity/get', { seconds }) : null,
        broker.call('lockout/get'),
        broker.call('context/list'),
        broker.call('resource/list'),
      ]);
      this.#learnNames([...lockout.users, ...contexts, ...resources, ...(queue?.waiting ?? [])]);
      const time = new Date().toISOString();
      const [refusals, userNames] = [[...this.#refusals], { ...this.#userNames }];
      return { time, status, queue, activity, lockout, contexts, resources, refusals, userNames };
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    this.#broker?.close();
    this.#broker = undefined;
  }

  #learnNames(users: readonly { readonly userKey: string; readonly userName: string | null }[]): void {
    for (const { userKey, userName } of users) if (userName !== null) this.#userNames[userKey] = userName;
  }

  #add(event: Event | RaisedEvent): void {
    if (event.kind !== 'commandRefused') return;
    this.#refusals.unshift(event);
    this.#refusals.splice(KEPT_REFUSALS);
  }
}
