/** The calls of Tbs.h beside submitting commands, served by the use cases. */
import { requireAccess } from '../../application/access.js';
import type { Application } from '../../application/application.js';
import type { WireServices } from './wire-services.js';

const TPM_IFTYPE_UNKNOWN = 0;

export function applicationServices(application: Application): WireServices {
  const { attestation, eventLog, ownerAuth, physicalPresence, status } = application;
  return {
    deviceInfo: () => ({
      tpmVersion: status.device.version,
      interfaceType: TPM_IFTYPE_UNKNOWN,
      implementationRevision: status.device.specificationRevision,
    }),
    ownerAuth: (caller, type) => ownerAuth.get(caller, type),
    tcgLog: async (caller, logType) => {
      requireAccess('eventLog/get', caller);
      return eventLog.bytes(logType);
    },
    physicalPresence: async (caller, input) => {
      requireAccess('physicalPresence/get', caller);
      return physicalPresence.command(caller, input);
    },
    revokeAttestation: (caller) => attestation.revoke(caller),
  };
}
