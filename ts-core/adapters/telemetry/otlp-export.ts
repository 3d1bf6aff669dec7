/**
 * Sends traces and metrics to a collector by OTLP over HTTP, with OpenTelemetry's SDK. The queue of spans is bounded, and
 * spans that a slow or absent collector does not accept are dropped: the broker never waits for it.
 */
import { setGlobalErrorHandler } from '@opentelemetry/core';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { CommandTracer } from '../../application/ports/command-tracer.js';
import type { Log } from '../../application/ports/logs.js';
import type { Clock } from '../../application/ports/operating-system.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import { CommandSpans } from './command-spans.js';
import { MetricFamilies, type MetricFamily } from './metric-families.js';
import { TraceQuota } from './trace-quota.js';

export interface OtlpOptions {
  /** The collector's base URL; `/v1/traces` and `/v1/metrics` are added. */
  readonly endpoint: string;
  /** Sent with each request, such as an authorization. Secret. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: {
    readonly ca: Uint8Array | undefined;
    readonly cert: Uint8Array | undefined;
    readonly key: Uint8Array | undefined;
  };
  /** 0: no traces. */
  readonly tracesPerSecond: number;
  readonly metricsIntervalMs: number;
  readonly metricFamilies: () => Promise<readonly MetricFamily[]>;
  readonly brokerVersion: string;
  readonly machineName: string;
  readonly tpmVersion: TpmVersion;
  readonly startedAtMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface OtlpExport {
  /** Undefined if nothing is traced. */
  readonly tracer: CommandTracer | undefined;
  /** Sends what is left, for a bounded time. */
  close(): Promise<void>;
}

const SCOPE = 'tpmtbs';
const EXPORT_TIMEOUT_MS = 10_000;
const SPANS_INTERVAL_MS = 2_000;
const MAX_QUEUED_SPANS = 8_192;
const MAX_SPANS_IN_REQUEST = 1_024;
const LONGEST_CLOSE_MS = 2_000;
const FAILURE_LINE_INTERVAL_MS = 600_000;

export function startOtlpExport(options: OtlpOptions): OtlpExport {
  const { endpoint, headers, tls, metricsIntervalMs, brokerVersion, clock, log } = options;
  tellFailures(endpoint, clock, log);
  const resource = resourceFromAttributes({
    'service.name': SCOPE,
    'service.version': brokerVersion,
    'service.instance.id': options.machineName,
    'host.name': options.machineName,
    'tbs.tpm.version': options.tpmVersion,
  });
  const transport = {
    headers: { ...headers },
    timeoutMillis: EXPORT_TIMEOUT_MS,
    httpAgentOptions: { keepAlive: true, ca: pem(tls.ca), cert: pem(tls.cert), key: pem(tls.key) },
  };
  const metrics = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter({ ...transport, url: urlOf(endpoint, 'v1/metrics') }),
        exportIntervalMillis: metricsIntervalMs,
        exportTimeoutMillis: Math.min(EXPORT_TIMEOUT_MS, metricsIntervalMs),
        metricProducers: [
          new MetricFamilies({
            collect: options.metricFamilies,
            scope: { name: SCOPE, version: brokerVersion },
            startedAtMs: options.startedAtMs,
            nowMs: () => clock.wallClockMs(),
          }),
        ],
      }),
    ],
  });
  const traces =
    options.tracesPerSecond === 0
      ? undefined
      : new TracerProvider({
          resource,
          spanProcessors: [
            new BatchSpanProcessor({
              exporter: new OTLPTraceExporter({ ...transport, url: urlOf(endpoint, 'v1/traces') }),
              scheduledDelayMillis: SPANS_INTERVAL_MS,
              maxQueueSize: MAX_QUEUED_SPANS,
              maxExportBatchSize: MAX_SPANS_IN_REQUEST,
            }),
          ],
        });
  const tracer =
    traces &&
    new CommandSpans({
      version: options.tpmVersion,
      tracer: traces.getTracer(SCOPE, brokerVersion),
      quota: new TraceQuota(clock, options.tracesPerSecond),
      clock,
    });
  return {
    tracer,
    close: async () => {
      const closed = Promise.allSettled([traces?.shutdown(), metrics.shutdown()]);
      await Promise.race([closed, new Promise<void>((resolve) => clock.after(LONGEST_CLOSE_MS, resolve))]);
    },
  };
}

/** The SDK reports failed exports to one handler of the process; a collector that is away must not fill the log. */
function tellFailures(endpoint: string, clock: Clock, log: Log): void {
  let toldAtMs = Number.NEGATIVE_INFINITY;
  setGlobalErrorHandler((error) => {
    const nowMs = clock.monotonicMs();
    if (nowMs - toldAtMs < FAILURE_LINE_INTERVAL_MS) return;
    toldAtMs = nowMs;
    log.warn({ error, endpoint }, 'cannot send traces or metrics to the collector; they are dropped');
  });
}

function urlOf(endpoint: string, signal: string): string {
  return `${endpoint.replace(/\/+$/, '')}/${signal}`;
}

function pem(bytes: Uint8Array | undefined): Buffer | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes);
}
