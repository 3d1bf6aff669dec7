/** Settings of the TPM and its platform: `transport`, `power`, `provisioning` and `platform`. */
import { join } from 'node:path';
import * as z from 'zod';
import { KEY_ALGORITHMS } from '../../domain/tpm20/keys.js';
import type { BrokerFolders } from '../configuration-folders.js';
import { DEFAULT_DEVICE, type TransportKind } from '../default-transport.js';
import { milliseconds, path, stream } from './values.js';

const swtpm = z.strictObject({
  data: stream
    .nullable()
    .default(null)
    .describe('Command channel of a running swtpm, `unix:/path` or `tcp:HOST:PORT`.'),
  control: stream
    .nullable()
    .default(null)
    .describe('Control channel of that swtpm; without it there is no cancel, no locality and no reset.'),
});
const device = z.strictObject({
  paths: z
    .array(path)
    .min(1)
    .max(16)
    .default([DEFAULT_DEVICE])
    .describe(
      'TPM character devices. The first that answers is used; if it is not the first in the list, the status says that it stands in for those before it.',
    ),
  cancelPath: path
    .nullable()
    .default(null)
    .describe('File that cancels the running command. Unset: the one that sysfs has for the device.'),
  idleEvictionMs: milliseconds(86_400_000)
    .nullable()
    .default(1000)
    .describe(
      "After this time without a command, the broker evicts what callers hold from the kernel's TPM, so that programs on `/dev/tpmrm0` find room, in milliseconds. `null`: it evicts nothing. [transports.md](transports.md#beside-programs-on-devtpmrm0)",
    ),
});

export function transportSettings(folders: BrokerFolders, transportKind: TransportKind) {
  const embedded = z.strictObject({
    program: z.string().min(1).default('swtpm').describe('The swtpm program: a name on the PATH, or a path.'),
    stateFolder: path
      .default(join(folders.state, 'embedded-tpm'))
      .describe('Folder of the embedded software TPM’s state. Anybody who can read the disk can read its keys.'),
    tpmVersion: z.enum(['2.0', '1.2']).default('2.0').describe('Version of the embedded TPM.'),
  });
  return z.strictObject({
    kind: z
      .enum(['auto', 'swtpm', 'device', 'embedded', 'windowsTbs'])
      .default(transportKind)
      .describe(
        "How the TPM is reached. The default is the system's TPM for the system's broker (`device`, on Windows `windowsTbs`) and `embedded` for a user's own. `auto` allows falling back: the first that answers of the device (on Windows its own TBS), a configured swtpm, and an embedded TPM.",
      ),
    swtpm: swtpm.prefault({}),
    device: device.prefault({}),
    embedded: embedded.prefault({}),
  });
}

export const powerSettings = z.strictObject({
  logind: z
    .boolean()
    .default(true)
    .describe('Follows suspend and resume, as systemd-logind announces them over D-Bus.'),
  systemBusAddress: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('D-Bus address of the system bus. Unset: the standard one.'),
  suspendTimeoutMs: milliseconds(60_000)
    .default(4_000)
    .describe(
      'How long a suspend waits for the TPM, in milliseconds; must be below InhibitDelayMaxSec of logind.conf (5 s).',
    ),
});

export const provisioningSettings = z.strictObject({
  keyAlgorithm: z
    .enum(['auto', ...KEY_ALGORITHMS])
    .default('auto')
    .describe(
      'Algorithm of the storage root key and the endorsement key that provisioning creates in a TPM 2.0. `auto`: RSA 2048, or ECC P-256 if the TPM has no RSA.',
    ),
});

export const platformSettings = z.strictObject({
  physicalPresenceFolder: path
    .nullable()
    .default(null)
    .describe("The kernel's physical presence interface. Unset: `/sys/class/tpm/tpmN/ppi` of the TPM in use."),
  eventLogPath: path
    .nullable()
    .default(null)
    .describe(
      "The firmware's measured-boot log. Unset: `/sys/kernel/security/tpmN/binary_bios_measurements` of the TPM in use.",
    ),
});
