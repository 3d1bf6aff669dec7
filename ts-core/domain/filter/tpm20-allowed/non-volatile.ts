/** Non-volatile memory. Who may send what, and why: see ../tpm20-allowed.ts. */
import type { Tpm20AllowedEntry } from './allowed-entry.js';

export const NON_VOLATILE: readonly Tpm20AllowedEntry[] = [
  {
    code: 0x169,
    name: 'TPM2_NV_ReadPublic',
    allowedTo: 'users',
    reason: 'Reads what an index is; withheld from apps, which have no NV.',
  },
  {
    code: 0x19e,
    name: 'TPM2_NV_ReadPublic2',
    allowedTo: 'users',
    reason: 'Reads what an index is; withheld from apps, which have no NV.',
  },
  {
    code: 0x14e,
    name: 'TPM2_NV_Read',
    allowedTo: 'users',
    reason:
      "The index's own authorization decides; withheld from apps, since the endorsement certificates in NV tell machines apart.",
  },
  {
    code: 0x184,
    name: 'TPM2_NV_Certify',
    allowedTo: 'users',
    reason: "The index's own authorization decides; attestation is not for apps.",
  },
  {
    code: 0x137,
    name: 'TPM2_NV_Write',
    allowedTo: 'users',
    condition: 'notAsOwner',
    reason:
      "The index's own authorization decides. Not with the owner's, which is often empty and would let users change each other's data.",
  },
  {
    code: 0x134,
    name: 'TPM2_NV_Increment',
    allowedTo: 'users',
    condition: 'notAsOwner',
    reason: "The index's own authorization decides; not with the owner's, as for TPM2_NV_Write.",
  },
  {
    code: 0x135,
    name: 'TPM2_NV_SetBits',
    allowedTo: 'users',
    condition: 'notAsOwner',
    reason: "The index's own authorization decides; not with the owner's, as for TPM2_NV_Write.",
  },
  {
    code: 0x136,
    name: 'TPM2_NV_Extend',
    allowedTo: 'users',
    condition: 'notAsOwner',
    reason: "The index's own authorization decides; not with the owner's, as for TPM2_NV_Write.",
  },
  {
    code: 0x138,
    name: 'TPM2_NV_WriteLock',
    allowedTo: 'users',
    condition: 'notAsOwner',
    reason: "The index's own authorization decides; not with the owner's, which would lock out others.",
  },
  {
    code: 0x14f,
    name: 'TPM2_NV_ReadLock',
    allowedTo: 'users',
    condition: 'notAsOwner',
    reason: "The index's own authorization decides; not with the owner's, which would lock out others.",
  },
  {
    code: 0x13b,
    name: 'TPM2_NV_ChangeAuth',
    allowedTo: 'users',
    reason: "The index's own policy decides; withheld from apps, which have no NV.",
  },
  {
    code: 0x12a,
    name: 'TPM2_NV_DefineSpace',
    allowedTo: 'administrators',
    reason: "Takes the TPM's small permanent memory, which all users share, with the owner's authorization.",
  },
  {
    code: 0x19d,
    name: 'TPM2_NV_DefineSpace2',
    allowedTo: 'administrators',
    reason: "Takes the TPM's small permanent memory, which all users share, with the owner's authorization.",
  },
  {
    code: 0x122,
    name: 'TPM2_NV_UndefineSpace',
    allowedTo: 'administrators',
    reason: "Deletes any user's index with the owner's authorization, which is often empty.",
  },
  {
    code: 0x11f,
    name: 'TPM2_NV_UndefineSpaceSpecial',
    allowedTo: 'administrators',
    reason: "Deletes an index of the platform's.",
  },
  {
    code: 0x132,
    name: 'TPM2_NV_GlobalWriteLock',
    allowedTo: 'administrators',
    reason: 'Locks every index that takes part, of all users, until the next boot.',
  },
];
