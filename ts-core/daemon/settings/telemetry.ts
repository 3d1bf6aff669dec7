/** The setting `telemetry`: traces and metrics for a collector. */
import * as z from 'zod';
import { isLoopback, milliseconds, path } from './values.js';

const collector = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .max(2048)
  .refine((text) => hasNoCredentials(text), 'must not contain a password, a query or a fragment')
  .meta({ title: 'http or https URL' });

const collectorTls = z
  .strictObject({
    authorityFile: path
      .nullable()
      .default(null)
      .describe('The authority that issued the collector’s certificate (PEM). Unset: those of Node.js.'),
    certificateFile: path
      .nullable()
      .default(null)
      .describe('The certificate that the broker shows to the collector (PEM). Unset: none.'),
    keyFile: path.nullable().default(null).describe('The private key of that certificate (PEM).'),
  })
  .refine(({ certificateFile, keyFile }) => (certificateFile === null) === (keyFile === null), {
    path: ['keyFile'],
    message: 'and certificateFile need each other',
  });

export const telemetrySettings = z
  .strictObject({
    endpoint: collector
      .nullable()
      .default(null)
      .describe(
        'Base URL of the collector to which traces and metrics are sent by OTLP over HTTP, such as `http://127.0.0.1:4318`. Unset: off. [telemetry.md](telemetry.md)',
      ),
    headersFile: path
      .nullable()
      .default(null)
      .describe('File with headers for each request, one `Name: value` a line, such as an authorization. Unset: none.'),
    tls: collectorTls.prefault({}),
    tracesPerSecond: z
      .number()
      .int()
      .min(0)
      .max(10_000)
      .default(100)
      .describe('Maximum number of submissions traced in a second, a quarter of them for any one user. 0: no traces.'),
    metricsIntervalMs: milliseconds(86_400_000)
      .min(1000)
      .default(60_000)
      .describe('Time between two exports of metrics, in milliseconds.'),
  })
  .refine(({ endpoint }) => endpoint === null || isPrivate(endpoint), {
    path: ['endpoint'],
    message: 'must be an https URL unless its host is a loopback address',
  });

function hasNoCredentials(text: string): boolean {
  const { username, password, search, hash } = new URL(text);
  return username === '' && password === '' && search === '' && hash === '';
}

function isPrivate(text: string): boolean {
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || isLoopback(`tcp:${hostname}:`);
}
