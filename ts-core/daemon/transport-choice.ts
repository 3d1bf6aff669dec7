/** Converts the configured transport into the options of the transport adapters. */
import type { SocketAddress, TransportOptions } from '../adapters/transport/transport-options.js';
import { TbsError } from '../domain/tbs-error.js';
import type { Configuration } from './configuration.js';
import { parseStreamAddress } from './stream-address.js';

export function transportOptions({ transport }: Configuration): TransportOptions {
  const { paths, cancelPath } = transport.device;
  const cancelFile = cancelPath ?? undefined;
  const embedded = {
    kind: 'embedded' as const,
    tpmVersion: transport.embedded.tpmVersion,
    stateDirectory: transport.embedded.stateFolder,
    swtpmProgram: transport.embedded.program,
  };
  switch (transport.kind) {
    case 'windowsTbs':
      return { kind: 'windowsTbs' };
    case 'embedded':
      return embedded;
    case 'device':
      if (paths.length > 1) return { kind: 'auto', devices: paths, cancelFile };
      return { kind: 'device', path: paths[0] as string, cancelFile };
    case 'swtpm':
      return { kind: 'swtpm', ...requiredSwtpm(transport.swtpm) };
    case 'auto': {
      const swtpm = swtpmAddresses(transport.swtpm);
      return { kind: 'auto', devices: paths, cancelFile, swtpm: swtpm === undefined ? [] : [swtpm], embedded };
    }
  }
}

type SwtpmSettings = Configuration['transport']['swtpm'];

function requiredSwtpm(settings: SwtpmSettings): { data: SocketAddress; control: SocketAddress | undefined } {
  const addresses = swtpmAddresses(settings);
  if (addresses !== undefined) return addresses;
  throw new TbsError('TBS_E_BAD_PARAMETER', {
    message: 'transport.kind is swtpm, and transport.swtpm.data is not set.',
    action: 'Set transport.swtpm.data to unix:/path or tcp:HOST:PORT, as swtpm was started with --server.',
    details: { setting: 'transport.swtpm.data' },
  });
}

function swtpmAddresses(
  settings: SwtpmSettings,
): { data: SocketAddress; control: SocketAddress | undefined } | undefined {
  if (settings.data === null) return undefined;
  const control = settings.control === null ? undefined : parseStreamAddress(settings.control);
  return { data: parseStreamAddress(settings.data), control };
}
