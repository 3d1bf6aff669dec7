/**
 * The broker's figures as Prometheus metrics. Counters are updated as commands end; everything else is queried at each
 * scrape. Every label has a limited set of values: names of commands in the specification, classes, results, kinds, and
 * at most `MAX_USERS` users with failures.
 */
import { Counter, Gauge, Histogram, type MetricObjectWithValues, type MetricValue, Registry } from 'prom-client';
import type { Application } from '../../application/application.js';
import type { EndedCommand } from '../../application/commands/command-meter.js';
import type { Caller } from '../../domain/caller.js';
import { commandName } from '../../domain/tpm/command-names.js';
import { collectBrokerState } from './broker-state.js';

/** The label of every command that the specification does not name, whatever its code. */
const OTHER_COMMAND = 'other';
/** From a quick command on a software TPM to an RSA key that takes a slow TPM a minute. */
const DURATION_BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 20, 60];

export interface BrokerMetrics {
  readonly contentType: string;
  /** Returns the text for a scrape. */
  text(): Promise<string>;
  /** Returns the same figures as objects. */
  families(): Promise<readonly MetricObjectWithValues<MetricValue<string>>[]>;
  /** Stops counting. */
  close(): void;
}

/** `observer` is the caller on whose behalf the broker is queried; it must have the right to observe. */
export function brokerMetrics(application: Application, observer: Caller, brokerVersion: string): BrokerMetrics {
  const registry = new Registry();
  const commands = new Counter({
    name: 'tbs_commands_total',
    help: 'Submitted commands that have ended.',
    labelNames: ['code', 'class', 'result'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'tbs_command_duration_seconds',
    help: 'How long the TPM worked on a command, swapping included.',
    labelNames: ['code'],
    buckets: DURATION_BUCKETS_SECONDS,
    registers: [registry],
  });
  const waits = new Histogram({
    name: 'tbs_command_wait_seconds',
    help: 'How long a command waited in the queue.',
    buckets: DURATION_BUCKETS_SECONDS,
    registers: [registry],
  });
  new Gauge({
    name: 'tbs_build_info',
    help: 'Always 1; the label is the broker’s version.',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version: brokerVersion }, 1);
  const { version } = application.status.device;
  const unfollow = application.commands.follow(({ code, callerClass, result, times }: EndedCommand) => {
    const label = (code === undefined ? undefined : commandName(version, code)) ?? OTHER_COMMAND;
    commands.inc({ code: label, class: callerClass, result });
    if (times === undefined) return;
    durations.observe({ code: label }, times.durationMs / 1000);
    waits.observe(times.waitMs / 1000);
  });
  const collectState = collectBrokerState(registry, application, observer);
  return {
    contentType: registry.contentType,
    text: async () => {
      await collectState();
      return registry.metrics();
    },
    families: async () => {
      await collectState();
      return registry.getMetricsAsJSON();
    },
    close: unfollow,
  };
}
