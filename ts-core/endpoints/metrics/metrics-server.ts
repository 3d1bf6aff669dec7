/**
 * Serves the metrics over HTTP or HTTPS at `/metrics`: to observers on this machine, whom the kernel identifies, or to
 * clients with a certificate of the configured authority.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import type { Caller } from '../../domain/caller.js';
import { TbsError } from '../../domain/tbs-error.js';
import { OBSERVERS_ONLY, requireAccess } from '../access.js';
import type { BrokerMetrics } from './broker-metrics.js';

export interface MetricsTls {
  readonly certificate: Uint8Array;
  readonly key: Uint8Array;
  /** The authority that must have issued the clients' certificates. */
  readonly clientAuthority: Uint8Array;
}

/** How the server authenticates clients. */
export type MetricsAccess =
  | { readonly kind: 'localUsers'; readonly identify: (socket: Socket) => Promise<Caller> }
  | { readonly kind: 'clientCertificates'; readonly tls: MetricsTls };

export interface MetricsServerParts {
  readonly metrics: Pick<BrokerMetrics, 'contentType' | 'text'>;
  readonly access: MetricsAccess;
  readonly onRefused: (reason: unknown) => void;
}

/** Prometheus holds one connection open; a few collectors may scrape a machine. */
const MAX_CONNECTIONS = 16;
const LONGEST_REQUEST_MS = 5_000;
/** Usually longer than the time between two scrapes. */
const KEEP_ALIVE_MS = 65_000;
const LIMITS = {
  maxHeaderSize: 8192,
  headersTimeout: LONGEST_REQUEST_MS,
  requestTimeout: LONGEST_REQUEST_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  connectionsCheckingInterval: LONGEST_REQUEST_MS,
} as const;

const CALL = { name: 'metrics', access: OBSERVERS_ONLY } as const;

export class MetricsServer {
  /** The answer in progress, shared by all requests that arrive meanwhile. */
  #answering: Promise<string> | undefined;
  readonly #callers = new WeakMap<Socket, Promise<Caller>>();
  readonly #server: ReturnType<typeof createServer>;
  readonly #parts: MetricsServerParts;

  constructor(parts: MetricsServerParts) {
    this.#parts = parts;
    const { access } = parts;
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#serve(request, response);
    };
    this.#server =
      access.kind === 'localUsers'
        ? createServer(LIMITS, listener)
        : createTlsServer({ ...LIMITS, ...tlsOptions(access.tls) }, listener);
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('tlsClientError', (error) => parts.onRefused(error));
  }

  /** Starts listening and returns the address in use as a URL. Rejects when it cannot listen. */
  async listen(host: string, port: number): Promise<string> {
    const server: NetServer = this.#server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    server.on('error', (error) => this.#parts.onRefused(error));
    const { address, family, port: usedPort } = server.address() as AddressInfo;
    const scheme = this.#parts.access.kind === 'localUsers' ? 'http' : 'https';
    return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${usedPort}/metrics`;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { metrics, onRefused } = this.#parts;
    try {
      await this.#requireObserver(request.socket);
    } catch (error) {
      onRefused(error);
      answer(response, 403, error instanceof TbsError ? `${error.message} ${error.action}` : 'Refused.');
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'Only GET is served.');
    if (request.url?.split('?')[0] !== '/metrics') return answer(response, 404, 'The metrics are at /metrics.');
    try {
      this.#answering ??= metrics.text().finally(() => {
        this.#answering = undefined;
      });
      const text = await this.#answering;
      response.writeHead(200, { 'Content-Type': metrics.contentType }).end(request.method === 'HEAD' ? '' : text);
    } catch (error) {
      onRefused(error);
      answer(response, 500, 'The broker did not answer.');
    }
  }

  /** A client that has passed the TLS handshake has a valid certificate and may read the metrics. */
  async #requireObserver(socket: Socket): Promise<void> {
    const { access } = this.#parts;
    if (access.kind === 'clientCertificates') return;
    let caller = this.#callers.get(socket);
    if (caller === undefined) {
      caller = access.identify(socket);
      this.#callers.set(socket, caller);
    }
    requireAccess(CALL, await caller);
  }
}

function tlsOptions({ certificate, key, clientAuthority }: MetricsTls) {
  return {
    cert: Buffer.from(certificate),
    key: Buffer.from(key),
    ca: Buffer.from(clientAuthority),
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  } as const;
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
