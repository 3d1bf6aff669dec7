/** Opens the metrics endpoint; loaded only if the configuration turns it on. */
import type { Socket } from 'node:net';
import type { Caller } from '../domain/caller.js';
import { TbsError } from '../domain/tbs-error.js';
import type { MetricsAccess } from '../endpoints/metrics/metrics-server.js';
import type { Configuration } from './configuration.js';
import { fileOfSetting } from './file-of-setting.js';
import type { SharedMetrics } from './shared-metrics.js';
import { parseStreamAddress } from './stream-address.js';

export interface MetricsParts {
  readonly configuration: Configuration;
  readonly identity: { readonly uid: number };
  readonly metrics: SharedMetrics;
  /** Undefined if the operating system cannot identify the caller of a TCP connection. */
  readonly identifyTcpPeer: ((socket: Socket) => Promise<Caller>) | undefined;
  readonly onRefused: (reason: unknown) => void;
}

export interface OpenMetrics {
  readonly address: string;
  close(): Promise<void>;
}

export async function openMetrics(parts: MetricsParts): Promise<OpenMetrics | undefined> {
  const { configuration, metrics, onRefused } = parts;
  const { listen } = configuration.metrics;
  if (listen === null) return undefined;
  const access = metricsAccess(parts);
  const { MetricsServer } = await import('../endpoints/metrics/metrics-server.js');
  const server = new MetricsServer({ metrics: await metrics.get(), access, onRefused });
  const address = parseStreamAddress(listen);
  if ('path' in address) throw new Error('The configuration takes TCP addresses for metrics only.');
  return { address: await server.listen(address.host, address.port), close: () => server.close() };
}

function metricsAccess({ configuration, identity, identifyTcpPeer }: MetricsParts): MetricsAccess {
  const { tls } = configuration.metrics;
  if (tls !== null) {
    const read = (file: string): Uint8Array => fileOfSetting('metrics.tls', file, identity.uid);
    const [certificate, key] = [read(tls.certificateFile), read(tls.keyFile)];
    return { kind: 'clientCertificates', tls: { certificate, key, clientAuthority: read(tls.clientAuthorityFile) } };
  }
  if (identifyTcpPeer !== undefined) return { kind: 'localUsers', identify: identifyTcpPeer };
  throw new TbsError('TBS_E_BAD_PARAMETER', {
    message: `Metrics without TLS are not available on ${process.platform}, which does not identify the callers of TCP connections.`,
    action: 'Set metrics.tls in tbsd.json, or remove metrics.listen.',
    details: { setting: 'metrics.tls' },
  });
}
