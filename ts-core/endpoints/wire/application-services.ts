/** Serves the calls of Tbs.h other than submitting commands through the use cases. */
import type { Application } from '../../application/application.js';
import { TPM_IFTYPE_UNKNOWN } from '../../domain/tpm/device-facts.js';
import { NOT_SANDBOXED, requireAccess } from '../access.js';
import type { WireServices } from './wire-services.js';

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
      requireAccess({ name: 'Tbsi_Get_TCG_Log', access: NOT_SANDBOXED }, caller);
      return eventLog.bytes(logType);
    },
    physicalPresence: async (caller, input) => {
      requireAccess({ name: 'Tbsi_Physical_Presence_Command', access: NOT_SANDBOXED }, caller);
      return physicalPresence.command(caller, input);
    },
    revokeAttestation: (caller) => attestation.revoke(caller),
  };
}
