/** The transport that the options name, connected and answering. */
import type { Log, TpmTransport } from '../../application/ports.js';
import { EmbeddedTransport } from './embedded-transport.js';
import { SwtpmTransport } from './swtpm-transport.js';
import type { TransportOptions } from './transport-options.js';

export interface TransportDependencies {
  readonly log: Log;
}

/**
 * `swtpm` connects with its first command; `embedded` runs when this resolves.
 *
 * Throws TBS_E_TPM_NOT_FOUND (nothing there, or not installed), TBS_E_IOERROR (does not answer), TBS_E_BAD_PARAMETER.
 */
export async function createTransport(
  options: TransportOptions,
  dependencies: TransportDependencies,
): Promise<TpmTransport> {
  switch (options.kind) {
    case 'swtpm':
      return new SwtpmTransport(options, dependencies.log);
    case 'embedded': {
      const transport = new EmbeddedTransport(options, dependencies.log);
      await transport.open();
      return transport;
    }
    default:
      throw new Error(`unknown transport ${options.kind}`);
  }
}
