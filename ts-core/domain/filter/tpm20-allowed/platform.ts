/** What is the platform's, or the manufacturer's. Who may send what, and why: see ../tpm20-allowed.ts. */
import type { AllowedCommand } from './allowed-entry.js';

export const PLATFORM: readonly AllowedCommand[] = [
  {
    command: 'ChangeEPS',
    allowedTo: 'nobody',
    reason: "Replaces the endorsement seed: the manufacturer's certificates are void for good.",
  },
  {
    command: 'ChangePPS',
    allowedTo: 'nobody',
    reason: "Replaces the platform seed and destroys the firmware's keys for good.",
  },
  {
    command: 'PP_Commands',
    allowedTo: 'nobody',
    reason: 'Chooses which commands need physical presence, which is for the firmware to say.',
  },
  {
    command: 'SetAlgorithmSet',
    allowedTo: 'nobody',
    reason: 'Changes the algorithms that the TPM offers, which is for the firmware to say.',
  },
  {
    command: 'FieldUpgradeStart',
    allowedTo: 'nobody',
    reason: "Replaces the TPM's firmware, which the vendor's tool does with the machine's own update.",
  },
  {
    command: 'FieldUpgradeData',
    allowedTo: 'nobody',
    reason: "Replaces the TPM's firmware, which the vendor's tool does with the machine's own update.",
  },
  {
    command: 'FirmwareRead',
    allowedTo: 'nobody',
    reason: "Reads the TPM's firmware out, as part of field upgrade.",
  },
  {
    command: 'ReadOnlyControl',
    allowedTo: 'nobody',
    reason: 'Freezes the state of the whole TPM, which is for the firmware to say.',
  },
  {
    command: 'Vendor_TCG_Test',
    allowedTo: 'nobody',
    reason: 'For testing TPMs during production.',
  },
];
