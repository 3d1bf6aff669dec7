/** Non-volatile memory. Who may send what, and why: see ../tpm20-allowed.ts. */
import type { AllowedCommand } from './allowed-entry.js';

export const NON_VOLATILE: readonly AllowedCommand[] = [
  {
    command: 'NV_ReadPublic',
    allowedTo: 'users',
    reason: 'Reads what an index is; withheld from apps, which have no NV.',
  },
  {
    command: 'NV_ReadPublic2',
    allowedTo: 'users',
    reason: 'Reads what an index is; withheld from apps, which have no NV.',
  },
  {
    command: 'NV_Read',
    allowedTo: 'users',
    reason:
      "The index's own authorization decides; withheld from apps, since the endorsement certificates in NV tell machines apart.",
  },
  {
    command: 'NV_Certify',
    allowedTo: 'users',
    reason: "The index's own authorization decides; attestation is not for apps.",
  },
  {
    command: 'NV_Write',
    allowedTo: 'users',
    condition: 'notAsOwner',
    reason:
      "The index's own authorization decides. Not with the owner's, which is often empty and would let users change each other's data.",
  },
  {
    command: 'NV_Increment',
    allowedTo: 'users',
    condition: 'notAsOwner',
    reason: "The index's own authorization decides; not with the owner's, as for TPM2_NV_Write.",
  },
  {
    command: 'NV_SetBits',
    allowedTo: 'users',
    condition: 'notAsOwner',
    reason: "The index's own authorization decides; not with the owner's, as for TPM2_NV_Write.",
  },
  {
    command: 'NV_Extend',
    allowedTo: 'users',
    condition: 'notAsOwner',
    reason: "The index's own authorization decides; not with the owner's, as for TPM2_NV_Write.",
  },
  {
    command: 'NV_WriteLock',
    allowedTo: 'users',
    condition: 'notAsOwner',
    reason: "The index's own authorization decides; not with the owner's, which would lock out others.",
  },
  {
    command: 'NV_ReadLock',
    allowedTo: 'users',
    condition: 'notAsOwner',
    reason: "The index's own authorization decides; not with the owner's, which would lock out others.",
  },
  {
    command: 'NV_ChangeAuth',
    allowedTo: 'users',
    reason: "The index's own policy decides; withheld from apps, which have no NV.",
  },
  {
    command: 'NV_DefineSpace',
    allowedTo: 'administrators',
    reason: "Takes the TPM's small permanent memory, which all users share, with the owner's authorization.",
  },
  {
    command: 'NV_DefineSpace2',
    allowedTo: 'administrators',
    reason: "Takes the TPM's small permanent memory, which all users share, with the owner's authorization.",
  },
  {
    command: 'NV_UndefineSpace',
    allowedTo: 'administrators',
    reason: "Deletes any user's index with the owner's authorization, which is often empty.",
  },
  {
    command: 'NV_UndefineSpaceSpecial',
    allowedTo: 'administrators',
    reason: "Deletes an index of the platform's.",
  },
  {
    command: 'NV_GlobalWriteLock',
    allowedTo: 'administrators',
    reason: 'Locks every index that takes part, of all users, until the next boot.',
  },
];
