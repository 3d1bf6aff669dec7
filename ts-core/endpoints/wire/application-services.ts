/** The calls of Tbs.h beside submitting commands, served by the use cases. */
import type { Application } from '../../application/application.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { WireServices } from './wire-services.js';

const TPM_IFTYPE_UNKNOWN = 0;

export function applicationServices({ attestation, ownerAuth, status }: Application): WireServices {
  return {
    deviceInfo: () => ({
      tpmVersion: status.device.version,
      interfaceType: TPM_IFTYPE_UNKNOWN,
      implementationRevision: status.device.specificationRevision,
    }),
    ownerAuth: (caller, type) => ownerAuth.get(caller, type),
    tcgLog: () => Promise.reject(new TbsError('TBS_E_NO_EVENT_LOG')),
    physicalPresence: () => Promise.reject(new TbsError('TBS_E_PPI_NOT_SUPPORTED')),
    revokeAttestation: (caller) => attestation.revoke(caller),
  };
}
