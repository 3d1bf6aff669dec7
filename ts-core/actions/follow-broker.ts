/** Follows the broker's events for the supervisor, and connects again whenever the connection ends. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Broker } from '../client/broker.js';
import { RetryDelay } from '../domain/retry-delay.js';
import type { Report } from './action-records.js';
import type { Supervisor } from './supervisor.js';

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;

export interface FollowParts {
  readonly connect: () => Promise<Broker>;
  readonly supervisor: Supervisor;
  readonly signal: AbortSignal;
  readonly log: (text: string) => void;
}

export class FollowBroker {
  #broker: Broker | undefined;
  readonly #parts: FollowParts;

  constructor(parts: FollowParts) {
    this.#parts = parts;
  }

  /** Reports to the broker. Rejects while the broker is not connected. */
  async report(report: Report): Promise<void> {
    if (this.#broker === undefined) throw new Error('the broker is not connected');
    await this.#broker.call('eventAction/report', report);
  }

  /** Follows the broker until the signal; then resolves. */
  async run(): Promise<void> {
    const { signal, log } = this.#parts;
    const retryDelay = new RetryDelay(FIRST_RETRY_MS, LONGEST_RETRY_MS);
    while (!signal.aborted) {
      const failure = await this.#followOnce(() => retryDelay.reset()).catch(messageOf);
      this.#broker = undefined;
      if (signal.aborted) return;
      const delayMs = retryDelay.next();
      if (failure !== undefined) log(`${failure} (connecting again in ${delayMs / 1000} s)`);
      await wait(delayMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #followOnce(connected: () => void): Promise<void> {
    const { connect, supervisor, signal, log } = this.#parts;
    const broker = await connect();
    const close = (): void => broker.close();
    signal.addEventListener('abort', close, { once: true });
    try {
      // Subscribe first, so that no change is lost between the list and the events.
      const events = broker.events();
      const { caller } = await broker.status();
      if (caller.callerClass !== 'administrator' && !caller.isObserver) {
        throw new Error('The broker shows this user only its own events: eventActionsUser in tbsd.json must name it.');
      }
      supervisor.ownUserKey = caller.userKey;
      await this.#readActions(broker);
      this.#broker = broker;
      connected();
      // This also reports to the broker that the service is running.
      await supervisor.report();
      log('following the events of the broker');
      for await (const event of events) {
        if (event.lost !== undefined) {
          log(`${event.lost} events were lost`);
          supervisor.eventsLost(event.lost);
        }
        const name = event.details['eventAction'];
        if (typeof name !== 'string') {
          supervisor.eventRaised(event);
          continue;
        }
        const test = event.details['test'];
        if (typeof test === 'number') supervisor.testRequested(test, name);
        else if (event.kind === 'administration') await this.#readActions(broker);
      }
    } finally {
      signal.removeEventListener('abort', close);
      broker.close();
    }
  }

  async #readActions(broker: Broker): Promise<void> {
    this.#parts.supervisor.setActions((await broker.call('eventAction/list')).actions);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
