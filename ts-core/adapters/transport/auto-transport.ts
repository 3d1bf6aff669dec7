/**
 * The first TPM that answers: Windows' own TBS, the machine's own devices, then the software TPMs that are configured, and last, where that
 * is allowed, one of the broker's own. Environment variables are not looked at: the broker trusts its configuration only.
 */
import type { ByteStreamOpener, Log, TpmTransport } from '../../application/ports.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import { detectTpm } from './detect-version.js';
import { DeviceTransport } from './device-transport.js';
import { EmbeddedTransport } from './embedded-transport.js';
import { SwtpmTransport } from './swtpm-transport.js';
import { reasonOf } from './transport-error.js';
import type { AutoTransportOptions } from './transport-options.js';
import { type TbsContextOpener, WindowsTbsTransport } from './windows-tbs-transport.js';

export const DEFAULT_DEVICES: readonly string[] = ['/dev/tpm0', '/dev/tpmrm0'];
/** A TPM answers the question for its version at once, unless it runs a long command of somebody else's. */
const ANSWER_TIMEOUT_MS = 3_000;

interface Openers {
  readonly openByteStream?: ByteStreamOpener | undefined;
  readonly openTbsContext?: TbsContextOpener | undefined;
}

/** Throws TBS_E_TPM_NOT_FOUND, with what was tried and why each did not answer. */
export async function openFirstThatAnswers(
  options: AutoTransportOptions,
  log: Log,
  { openByteStream, openTbsContext }: Openers = {},
): Promise<TpmTransport> {
  const failures: string[] = [];
  if (openTbsContext !== undefined) {
    const tbs = new WindowsTbsTransport(openTbsContext, log);
    if (await answers(tbs, log, failures)) return tbs;
  }
  for (const path of options.devices ?? DEFAULT_DEVICES) {
    const device = await DeviceTransport.create({ kind: 'device', path, cancelFile: options.cancelFile }, log);
    if (await answers(device, log, failures)) return device;
  }
  for (const swtpm of options.swtpm ?? []) {
    const transport = new SwtpmTransport({ kind: 'swtpm', ...swtpm }, log, openByteStream);
    if (await answers(transport, log, failures)) return transport;
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

async function answers(transport: TpmTransport, log: Log, failures: string[]): Promise<TpmVersion | undefined> {
  try {
    const { version } = await detectTpm(transport, ANSWER_TIMEOUT_MS);
    log.info({ transport: transport.description, version }, 'a TPM answers');
    return version;
  } catch (error) {
    failures.push(reasonOf(error));
    log.info({ transport: transport.description, reason: reasonOf(error) }, 'no TPM answers here');
    await transport.close();
    return undefined;
  }
}
