/**
 * Opens the first TPM that answers: Windows' own TBS, the machine's devices, the configured software TPMs and finally,
 * if that is allowed, a software TPM that the broker runs itself. It reports each TPM that it passed over, because the
 * broker then uses a different TPM. Environment variables are ignored: the broker trusts only its configuration.
 */
import type { ByteStreamOpener } from '../../application/ports/event-loop.js';
import type { Log } from '../../application/ports/logs.js';
import type { PassedOverTpm, TpmTransport } from '../../application/ports/tpm-transport.js';
import { TbsError } from '../../domain/tbs-error.js';
import { detectTpm } from './detect-version.js';
import { DeviceTransport } from './device-transport.js';
import { EmbeddedTransport } from './embedded-transport.js';
import { SwtpmTransport } from './swtpm-transport.js';
import { reasonOf } from './transport-error.js';
import type { AutoTransportOptions } from './transport-options.js';
import { type TbsContextOpener, WindowsTbsTransport } from './windows-tbs-transport.js';

/** A TPM reports its version immediately, unless it is running a long command of another program. */
const ANSWER_TIMEOUT_MS = 3_000;

interface AutoDependencies {
  readonly openByteStream?: ByteStreamOpener | undefined;
  readonly openTbsContext?: TbsContextOpener | undefined;
  readonly onPassedOver?: ((passedOver: PassedOverTpm) => void) | undefined;
}

/** Throws TBS_E_TPM_NOT_FOUND, which lists what was tried and why it failed. */
export async function openFirstThatAnswers(
  options: AutoTransportOptions,
  log: Log,
  { openByteStream, openTbsContext, onPassedOver }: AutoDependencies = {},
): Promise<TpmTransport> {
  const failures: string[] = [];
  const answers = async (transport: TpmTransport): Promise<boolean> => {
    try {
      const { version } = await detectTpm(transport, ANSWER_TIMEOUT_MS);
      log.info({ transport: transport.description, version }, 'a TPM answers');
      return true;
    } catch (error) {
      const reason = reasonOf(error);
      failures.push(reason);
      onPassedOver?.({ transport: transport.description, reason });
      log.warn({ transport: transport.description, reason }, 'no TPM answers here');
      await transport.close();
      return false;
    }
  };
  if (openTbsContext !== undefined) {
    const tbs = new WindowsTbsTransport(openTbsContext, log);
    if (await answers(tbs)) return tbs;
  }
  for (const path of options.devices) {
    const device = await DeviceTransport.create({ kind: 'device', path, cancelFile: options.cancelFile }, log);
    if (await answers(device)) return device;
  }
  for (const swtpm of options.swtpm ?? []) {
    const transport = new SwtpmTransport({ kind: 'swtpm', ...swtpm }, log, openByteStream);
    if (await answers(transport)) return transport;
  }
  if (options.embedded !== undefined) {
    const transport = new EmbeddedTransport({ kind: 'embedded', ...options.embedded }, log, openByteStream);
    await transport.open();
    return transport;
  }
  throw new TbsError('TBS_E_TPM_NOT_FOUND', {
    message: `No TPM answers. Tried: ${failures.join(' | ')}`,
    details: { tried: failures },
  });
}
