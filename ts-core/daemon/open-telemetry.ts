/** Starts the export of traces and metrics; the SDK is loaded only if the configuration turns it on. */
import { hostname } from 'node:os';
import type { Application } from '../application/application.js';
import type { Log } from '../application/ports/logs.js';
import type { Clock } from '../application/ports/operating-system.js';
import { TbsError } from '../domain/tbs-error.js';
import type { Configuration } from './configuration.js';
import { fileOfSetting } from './file-of-setting.js';
import type { SharedMetrics } from './shared-metrics.js';

export interface TelemetryParts {
  readonly configuration: Configuration;
  readonly identity: { readonly version: string; readonly uid: number };
  readonly application: Application;
  readonly metrics: SharedMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** RFC 9110: a field name is a token, and a value contains neither line breaks nor other control characters. */
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}):[ \t]*([\t\x20-\x7e]{0,8192})$/;

/** Returns the function that ends the export. Throws TBS_E_BAD_PARAMETER if a file of the settings cannot be used. */
export async function openTelemetry(parts: TelemetryParts): Promise<(() => Promise<void>) | undefined> {
  const { configuration, identity, application, clock, log } = parts;
  const { endpoint, headersFile, tls, tracesPerSecond, metricsIntervalMs } = configuration.telemetry;
  if (endpoint === null) return undefined;
  const read = (setting: string, file: string | null): Uint8Array | undefined =>
    file === null ? undefined : fileOfSetting(`telemetry.${setting}`, file, identity.uid);
  const headers = headersIn(read('headersFile', headersFile), headersFile);
  const files = {
    ca: read('tls.authorityFile', tls.authorityFile),
    cert: read('tls.certificateFile', tls.certificateFile),
    key: read('tls.keyFile', tls.keyFile),
  };
  const { startOtlpExport } = await import('../adapters/telemetry/otlp-export.js');
  const metrics = await parts.metrics.get();
  const otlp = startOtlpExport({
    ...{ endpoint, headers, tracesPerSecond, metricsIntervalMs, clock, log },
    tls: files,
    metricFamilies: () => metrics.families(),
    brokerVersion: identity.version,
    machineName: hostname(),
    tpmVersion: application.status.device.version,
    startedAtMs: clock.wallClockMs(),
  });
  application.commands.traces.recordFor(otlp.tracer);
  log.info({ endpoint, tracesPerSecond, metricsIntervalMs }, 'traces and metrics are sent to a collector');
  return async () => {
    application.commands.traces.recordFor(undefined);
    await otlp.close();
  };
}

function headersIn(bytes: Uint8Array | undefined, file: string | null): Record<string, string> {
  const lines = new TextDecoder().decode(bytes).split(/\r?\n/);
  return Object.fromEntries(
    lines.flatMap((line, index) => {
      if (line.trim() === '' || line.startsWith('#')) return [];
      const [, name, value] = HEADER.exec(line.trimEnd()) ?? [];
      if (name !== undefined && value !== undefined) return [[name, value]];
      // The line itself may be secret.
      throw new TbsError('TBS_E_BAD_PARAMETER', {
        message: `Line ${index + 1} of ${file}, which telemetry.headersFile names, is not \`Name: value\`.`,
        action: 'Write one header a line.',
        details: { setting: 'telemetry.headersFile', file, line: index + 1 },
      });
    }),
  );
}
