/** The steps that remain before the TPM is provisioned, as the information bits of Win32_Tpm.Provision. */
export const PROVISIONING_INFORMATION = {
  SHUTDOWN: 0x2,
  REBOOT: 0x4,
  TPM_FORCE_CLEAR: 0x8,
  PHYSICAL_PRESENCE: 0x10,
  TPM_ACTIVATE: 0x20,
  TPM_TAKE_OWNERSHIP: 0x40,
  TPM_CREATE_EK: 0x80,
  TPM_OWNERAUTH: 0x100,
  TPM_SRK_AUTH: 0x200,
  TPM_DISABLE_OWNER_CLEAR: 0x400,
  TPM_SRKPUB: 0x800,
  TPM_READ_SRKPUB: 0x1000,
  TPM_BOOT_COUNTER: 0x2000,
  TPM_AD_BACKUP: 0x4000,
  TPM_AD_BACKUP_PHASE_I: 0x8000,
  TPM_AD_BACKUP_PHASE_II: 0x10000,
  LEGACY_CONFIGURATION: 0x20000,
  EK_CERTIFICATE: 0x40000,
  TCG_EVENT_LOG: 0x80000,
  NOT_REDUCED: 0x100000,
  GENERIC_ERROR: 0x200000,
  DEVICE_LOCK_COUNTER: 0x400000,
} as const;

export type ProvisioningBit = keyof typeof PROVISIONING_INFORMATION;

export const PROVISIONING_BITS = Object.keys(PROVISIONING_INFORMATION) as readonly ProvisioningBit[];

export interface ProvisioningVerdict {
  readonly information: number;
  readonly needs: readonly ProvisioningBit[];
  readonly ready: boolean;
  readonly restartRequired: boolean;
  readonly shutdownRequired: boolean;
  /** The owner authorization is unknown: somebody must import it or clear the TPM. */
  readonly clearRequired: boolean;
  readonly physicalPresenceRequired: boolean;
}

/** Bits that only inform: the TPM is ready although they are set. */
const INFORMATIVE: readonly ProvisioningBit[] = ['EK_CERTIFICATE', 'TCG_EVENT_LOG', 'TPM_AD_BACKUP_PHASE_II'];

export function provisioningVerdict(needs: readonly ProvisioningBit[]): ProvisioningVerdict {
  return {
    information: needs.reduce((sum, bit) => sum | PROVISIONING_INFORMATION[bit], 0),
    needs,
    ready: needs.every((bit) => INFORMATIVE.includes(bit)),
    restartRequired: needs.includes('REBOOT'),
    shutdownRequired: needs.includes('SHUTDOWN'),
    clearRequired: needs.includes('TPM_FORCE_CLEAR') || needs.includes('TPM_OWNERAUTH'),
    physicalPresenceRequired: needs.includes('PHYSICAL_PRESENCE'),
  };
}
