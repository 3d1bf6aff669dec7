/** Creates the transport that the options describe. */
import type { ByteStreamOpener } from '../../application/ports/event-loop.js';
import type { Log } from '../../application/ports/logs.js';
import type { PassedOverTpm, TpmTransport } from '../../application/ports/tpm-transport.js';
import { TbsError } from '../../domain/tbs-error.js';
import { openFirstThatAnswers } from './auto-transport.js';
import { DeviceTransport } from './device-transport.js';
import { EmbeddedTransport } from './embedded-transport.js';
import { SwtpmTransport } from './swtpm-transport.js';
import type { TransportOptions } from './transport-options.js';
import { type TbsContextOpener, WindowsTbsTransport } from './windows-tbs-transport.js';

export interface TransportDependencies {
  readonly log: Log;
  /** Replaces Node.js' sockets for software TPMs, so that short commands need no turn of the event loop. */
  readonly openByteStream?: ByteStreamOpener | undefined;
  /** Windows' own TBS; undefined on other platforms. */
  readonly openTbsContext?: TbsContextOpener | undefined;
  /** Called for each transport that was tried without success before the one that is used. */
  readonly onPassedOver?: ((passedOver: PassedOverTpm) => void) | undefined;
}

/**
 * `swtpm` and `device` connect at their first command. When this resolves, `embedded` is running and `auto` has
 * answered.
 *
 * Throws TBS_E_TPM_NOT_FOUND (no TPM, or not installed), TBS_E_IOERROR (no answer) or TBS_E_BAD_PARAMETER.
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
