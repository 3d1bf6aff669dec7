/** Settings of the endpoints: `sockets`, `simulator` and `metrics`. */
import * as z from 'zod';
import type { BrokerFolders } from '../configuration-folders.js';
import { isLoopback, path, socketPath, stream } from './values.js';

export function socketSettings(folders: BrokerFolders) {
  return z.strictObject({
    rpc: socketPath.default(folders.rpcSocket).describe('JSON-RPC, for the PowerShell module, `tbs` and scripts.'),
    wire: socketPath.default(folders.wireSocket).describe('The wire protocol, for libtbs and the TCTI `tbs`.'),
  });
}

const swtpmSimulator = z.strictObject({
  data: stream.describe('Address of the swtpm command channel.'),
  control: stream.describe('Address of the swtpm control channel.'),
});
const mssimSimulator = z.strictObject({
  command: stream.describe("Address of the Microsoft simulator's command port."),
  platform: stream.describe("Address of the Microsoft simulator's platform port."),
});
export const simulatorSettings = z.strictObject({
  swtpm: swtpmSimulator.nullable().default(null).describe('Serves clients that speak the swtpm protocol. Unset: off.'),
  mssim: mssimSimulator
    .nullable()
    .default(null)
    .describe('Serves clients that speak the Microsoft simulator protocol. Unset: off.'),
  bare: stream
    .nullable()
    .default(null)
    .describe('Serves clients that send bare commands, as the tcsd of trousers does to a TCP device. Unset: off.'),
});

const metricsTls = z.strictObject({
  certificateFile: path.describe('The broker’s certificate, followed by the intermediate certificates (PEM).'),
  keyFile: path.describe('The private key of the certificate (PEM).'),
  clientAuthorityFile: path.describe('The authority that must have issued the scrapers’ certificates (PEM).'),
});
export const metricsSettings = z
  .strictObject({
    listen: stream
      .refine((address) => address.startsWith('tcp:'), 'must be tcp:HOST:PORT')
      .nullable()
      .default(null)
      .describe(
        'Address at which metrics are served over HTTP, such as `tcp:127.0.0.1:9820`. Unset: off. [metrics.md](metrics.md)',
      ),
    tls: metricsTls
      .nullable()
      .default(null)
      .describe('Serves them over HTTPS, to clients with a certificate of the given authority.'),
  })
  .refine(({ listen, tls }) => listen === null || tls !== null || isLoopback(listen), {
    path: ['tls'],
    message: 'is needed where metrics.listen is not a loopback address',
  });
