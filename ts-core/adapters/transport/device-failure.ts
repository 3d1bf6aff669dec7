/** Translates operating system errors of a TPM device into TbsErrors that say who holds the device and what to do. */
import { TbsError } from '../../domain/tbs-error.js';
import { type DeviceHolder, describeHolder, processesHolding } from './device-holders.js';
import { errorCodeOf, reasonOf, transportError } from './transport-error.js';

export interface FailedDevice {
  readonly path: string;
  readonly description: string;
  /** The device was open before, so it is lost rather than missing. */
  readonly wasLost: boolean;
  /** Returns the other TPM devices of the machine. */
  readonly others: () => Promise<readonly string[]>;
}

/** The process name of tpm2-abrmd, which D-Bus starts again unless its unit is masked. */
const ABRMD = 'tpm2-abrmd';

export async function deviceFailure(cause: unknown, device: FailedDevice): Promise<TbsError> {
  if (cause instanceof TbsError) return cause;
  const { path, description } = device;
  switch (errorCodeOf(cause)) {
    case 'ENOENT':
    case 'ENXIO':
    case 'ENODEV':
      if (device.wasLost) return transportError(description, 'its device is gone', cause, LOST);
      return missing(device, await device.others(), cause);
    case 'EBUSY': {
      const holders = (await processesHolding(path)).filter((holder) => holder.pid !== process.pid);
      const who = holders.length === 0 ? 'a process that only root can see' : holders.map(describeHolder).join(' and ');
      return transportError(description, `it is held by ${who}`, cause, remedyForHolders(path, holders));
    }
    case 'EACCES':
    case 'EPERM':
      return transportError(description, reasonOf(cause), cause, `Let the user who runs tbsd open ${path}.`);
    default:
      return transportError(description, reasonOf(cause), cause);
  }
}

const LOST =
  'See the log of the kernel (dmesg) for the TPM’s driver. The broker continues by itself once the TPM is back, even under another name.';

function missing({ path, description }: FailedDevice, others: readonly string[], cause: unknown): TbsError {
  const instead =
    others.length === 0
      ? 'Turn the TPM on in the firmware set-up of the machine, and see the log of the kernel (dmesg) for its driver.'
      : `There is ${others.join(' and ')}: name the right one in transport.device.paths.`;
  return new TbsError('TBS_E_TPM_NOT_FOUND', {
    message: `There is no TPM at ${path}.`,
    action: `${instead} To use a software TPM instead, set transport.kind to embedded in tbsd.json.`,
    details: { transport: description, reason: reasonOf(cause), others },
    cause,
  });
}

function remedyForHolders(path: string, holders: readonly DeviceHolder[]): string {
  if (holders.some(({ name }) => name === ABRMD)) {
    return `Stop it, and keep D-Bus from starting it again: systemctl mask --now ${ABRMD}.service.`;
  }
  return `Stop what holds ${path}, or name another device in transport.device.paths.`;
}
