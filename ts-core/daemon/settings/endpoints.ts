/** Settings of the endpoints: `sockets`, `simulator` and `metrics`. */
import * as z from 'zod';
import type { BrokerFolders } from '../configuration-folders.js';
import { isLoopback, path, socketPath, stream } from './values.js';

export function socketSettings(folders: BrokerFolders) {
  return z.strictObject({
    rpc: socketPath.default(folders.rpcSocket).describe('JSON-RPC: PowerShell module, `tbs`, scripts.'),
    wire: socketPath.default(folders.wireSocket).describe('Byte frames: libtbs and the TCTI `tbs`.'),
  });
}

const swtpmSimulator = z.strictObject({
  data: stream.describe('Where the swtpm command channel is offered.'),
  control: stream.describe('Where the swtpm control channel is offered.'),
});
const mssimSimulator = z.strictObject({
  command: stream.describe("Where the Microsoft simulator's command port is offered."),
  platform: stream.describe("Where the Microsoft simulator's platform port is offered."),
});
export const simulatorSettings = z.strictObject({
  swtpm: swtpmSimulator.nullable().default(null).describe('Speak the swtpm protocol to clients. Unset: off.'),
  mssim: mssimSimulator.nullable().default(null).describe('Speak the Microsoft simulator protocol. Unset: off.'),
  bare: stream
    .nullable()
    .default(null)
    .describe('Take bare commands, as the tcsd of trousers sends them to a TCP device. Unset: off.'),
});

const metricsTls = z.strictObject({
  certificateFile: path.describe('Certificate of the broker, with those between it and its authority (PEM).'),
  keyFile: path.describe('Private key of the certificate (PEM).'),
  clientAuthorityFile: path.describe('Authority of the certificates that scrapers must show (PEM).'),
});
export const metricsSettings = z
  .strictObject({
    listen: stream
      .refine((address) => address.startsWith('tcp:'), 'must be tcp:HOST:PORT')
      .nullable()
      .default(null)
      .describe('Where metrics are served over HTTP, `tcp:127.0.0.1:9820`. Unset: nowhere. [metrics.md](metrics.md)'),
    tls: metricsTls
      .nullable()
      .default(null)
      .describe('Serve them over HTTPS, to whoever holds a certificate of the given authority.'),
  })
  .refine(({ listen, tls }) => listen === null || tls !== null || isLoopback(listen), {
    path: ['tls'],
    message: 'is needed where metrics.listen is not a loopback address',
  });
