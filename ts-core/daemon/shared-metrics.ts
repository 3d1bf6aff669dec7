/** Shares one set of the broker's metrics among all publishers, and counts only if there is one. */
import type { Application } from '../application/application.js';
import type { Caller } from '../domain/caller.js';
import type { BrokerMetrics } from '../endpoints/metrics/broker-metrics.js';

/** The caller as which the metrics query the broker. */
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

  /** Returns the metrics. The first call starts to count. */
  get(): Promise<BrokerMetrics> {
    this.#metrics ??= this.#open();
    return this.#metrics;
  }

  /** Stops counting. */
  async close(): Promise<void> {
    (await this.#metrics)?.close();
  }
}
