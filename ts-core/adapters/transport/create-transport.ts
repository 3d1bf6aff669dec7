/** The transport that the options name, connected and answering. */
import type { ByteStreamOpener, Log, PassedOverTpm, TpmTransport } from '../../application/ports.js';
import { TbsError } from '../../domain/tbs-error.js';
import { openFirstThatAnswers } from './auto-transport.js';
import { DeviceTransport } from './device-transport.js';
import { EmbeddedTransport } from './embedded-transport.js';
import { SwtpmTransport } from './swtpm-transport.js';
import type { TransportOptions } from './transport-options.js';
import { type TbsContextOpener, WindowsTbsTransport } from './windows-tbs-transport.js';

export interface TransportDependencies {
  readonly log: Log;
  /** Carries the commands of software TPMs instead of Node.js' sockets: short ones then need no turn of the event loop. */
  readonly openByteStream?: ByteStreamOpener | undefined;
  /** Windows' own TBS; on other platforms there is none. */
  readonly openTbsContext?: TbsContextOpener | undefined;
  /** Told of each way to the TPM that was tried in vain before the one that is used. */
  readonly onPassedOver?: ((passedOver: PassedOverTpm) => void) | undefined;
}

/**
 * `swtpm` and `device` connect with their first command; `embedded` runs, and `auto` has answered, when this resolves.
 *
 * Throws TBS_E_TPM_NOT_FOUND (nothing there, or not installed), TBS_E_IOERROR (does not answer), TBS_E_BAD_PARAMETER.
 */
export async function createTransport(
  options: TransportOptions,
  dependencies: TransportDependencies,
): Promise<TpmTransport> {
  switch (options.kind) {
    case 'swtpm':
      return new SwtpmTransport(options, dependencies.log, dependencies.openByteStream);
    case 'embedded': {
      const transport = new EmbeddedTransport(options, dependencies.log, dependencies.openByteStream);
      await transport.open();
      return transport;
    }
    case 'device':
      return DeviceTransport.create(options, dependencies.log);
    case 'windowsTbs':
      return windowsTbs(dependencies);
    case 'auto':
      return openFirstThatAnswers(options, dependencies.log, dependencies);
  }
}

function windowsTbs({ log, openTbsContext }: TransportDependencies): TpmTransport {
  if (openTbsContext !== undefined) return new WindowsTbsTransport(openTbsContext, log);
  throw new TbsError('TBS_E_BAD_PARAMETER', {
    message: 'transport.kind is windowsTbs, and only Windows has TPM Base Services of its own.',
    action: 'Set transport.kind to auto, device, swtpm or embedded.',
    details: { setting: 'transport.kind' },
  });
}
