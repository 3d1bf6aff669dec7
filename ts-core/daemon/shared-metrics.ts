/** The broker's metrics, counted once for everything that publishes them, and only if something does. */
import type { Application } from '../application/application.js';
import type { Caller } from '../domain/caller.js';
import type { BrokerMetrics } from '../endpoints/metrics/broker-metrics.js';

/** The caller in whose name the broker is queried for its metrics. */
const PUBLISHER: Caller = { userKey: 'metrics', callerClass: 'standardUser', isObserver: true };

export class SharedMetrics {
  #metrics: Promise<BrokerMetrics> | undefined;
  readonly #open: () => Promise<BrokerMetrics>;

  constructor(open: () => Promise<BrokerMetrics>) {
    this.#open = open;
  }

  static of(application: Application, brokerVersion: string): SharedMetrics {
    return new SharedMetrics(async () => {
      const { brokerMetrics } = await import('../endpoints/metrics/broker-metrics.js');
      return brokerMetrics(application, PUBLISHER, brokerVersion);
    });
  }

  /** Starts to count at the first call. */
  get(): Promise<BrokerMetrics> {
    this.#metrics ??= this.#open();
    return this.#metrics;
  }

  /** Stops counting. */
  async close(): Promise<void> {
    (await this.#metrics)?.close();
  }
}
