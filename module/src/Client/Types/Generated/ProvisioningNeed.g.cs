// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that ProvisioningNeed stands for.</summary>
public enum ProvisioningNeed
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>SHUTDOWN</c> in the protocol.</summary>
    SHUTDOWN,

    /// <summary><c>REBOOT</c> in the protocol.</summary>
    REBOOT,

    /// <summary><c>TPM_FORCE_CLEAR</c> in the protocol.</summary>
    TPM_FORCE_CLEAR,

    /// <summary><c>PHYSICAL_PRESENCE</c> in the protocol.</summary>
    PHYSICAL_PRESENCE,

    /// <summary><c>TPM_ACTIVATE</c> in the protocol.</summary>
    TPM_ACTIVATE,

    /// <summary><c>TPM_TAKE_OWNERSHIP</c> in the protocol.</summary>
    TPM_TAKE_OWNERSHIP,

    /// <summary><c>TPM_CREATE_EK</c> in the protocol.</summary>
    TPM_CREATE_EK,

    /// <summary><c>TPM_OWNERAUTH</c> in the protocol.</summary>
    TPM_OWNERAUTH,

    /// <summary><c>TPM_SRK_AUTH</c> in the protocol.</summary>
    TPM_SRK_AUTH,

    /// <summary><c>TPM_DISABLE_OWNER_CLEAR</c> in the protocol.</summary>
    TPM_DISABLE_OWNER_CLEAR,

    /// <summary><c>TPM_SRKPUB</c> in the protocol.</summary>
    TPM_SRKPUB,

    /// <summary><c>TPM_READ_SRKPUB</c> in the protocol.</summary>
    TPM_READ_SRKPUB,

    /// <summary><c>TPM_BOOT_COUNTER</c> in the protocol.</summary>
    TPM_BOOT_COUNTER,

    /// <summary><c>TPM_AD_BACKUP</c> in the protocol.</summary>
    TPM_AD_BACKUP,

    /// <summary><c>TPM_AD_BACKUP_PHASE_I</c> in the protocol.</summary>
    TPM_AD_BACKUP_PHASE_I,

    /// <summary><c>TPM_AD_BACKUP_PHASE_II</c> in the protocol.</summary>
    TPM_AD_BACKUP_PHASE_II,

    /// <summary><c>LEGACY_CONFIGURATION</c> in the protocol.</summary>
    LEGACY_CONFIGURATION,

    /// <summary><c>EK_CERTIFICATE</c> in the protocol.</summary>
    EK_CERTIFICATE,

    /// <summary><c>TCG_EVENT_LOG</c> in the protocol.</summary>
    TCG_EVENT_LOG,

    /// <summary><c>NOT_REDUCED</c> in the protocol.</summary>
    NOT_REDUCED,

    /// <summary><c>GENERIC_ERROR</c> in the protocol.</summary>
    GENERIC_ERROR,

    /// <summary><c>DEVICE_LOCK_COUNTER</c> in the protocol.</summary>
    DEVICE_LOCK_COUNTER,
}
