/** What is the platform's, or the manufacturer's. Who may send what, and why: see ../tpm20-allowed.ts. */
import type { Tpm20AllowedEntry } from './allowed-entry.js';

export const PLATFORM: readonly Tpm20AllowedEntry[] = [
  {
    code: 0x124,
    name: 'TPM2_ChangeEPS',
    allowedTo: 'nobody',
    reason: "Replaces the endorsement seed: the manufacturer's certificates are void for good.",
  },
  {
    code: 0x125,
    name: 'TPM2_ChangePPS',
    allowedTo: 'nobody',
    reason: "Replaces the platform seed and destroys the firmware's keys for good.",
  },
  {
    code: 0x12d,
    name: 'TPM2_PP_Commands',
    allowedTo: 'nobody',
    reason: 'Chooses which commands need physical presence, which is for the firmware to say.',
  },
  {
    code: 0x13f,
    name: 'TPM2_SetAlgorithmSet',
    allowedTo: 'nobody',
    reason: 'Changes the algorithms that the TPM offers, which is for the firmware to say.',
  },
  {
    code: 0x12f,
    name: 'TPM2_FieldUpgradeStart',
    allowedTo: 'nobody',
    reason: "Replaces the TPM's firmware, which the vendor's tool does with the machine's own update.",
  },
  {
    code: 0x141,
    name: 'TPM2_FieldUpgradeData',
    allowedTo: 'nobody',
    reason: "Replaces the TPM's firmware, which the vendor's tool does with the machine's own update.",
  },
  {
    code: 0x179,
    name: 'TPM2_FirmwareRead',
    allowedTo: 'nobody',
    reason: "Reads the TPM's firmware out, as part of field upgrade.",
  },
  {
    code: 0x1a0,
    name: 'TPM2_ReadOnlyControl',
    allowedTo: 'nobody',
    reason: 'Freezes the state of the whole TPM, which is for the firmware to say.',
  },
  {
    code: 0x20000000,
    name: 'TPM2_Vendor_TCG_Test',
    allowedTo: 'nobody',
    reason: 'A command for testing TPMs in the making.',
  },
];
