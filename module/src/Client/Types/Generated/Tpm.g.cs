// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using System;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The TPM, with the properties of Windows’ Get-Tpm.</summary>
public partial class Tpm
{
    /// <summary>Whether a TPM can be reached. If not, the other properties are meaningless.</summary>
    public bool TpmPresent { get; private set; }

    /// <summary>Whether it is provisioned and usable.</summary>
    public bool TpmReady { get; private set; }

    /// <summary>Whether it is enabled.</summary>
    public bool TpmEnabled { get; private set; }

    /// <summary>Whether it is activated.</summary>
    public bool TpmActivated { get; private set; }

    /// <summary>TPM 1.2: whether it has an owner; TPM 2.0: whether its lockout authorization is set.</summary>
    public bool TpmOwned { get; private set; }

    /// <summary>Whether a physical presence request is pending for the next boot.</summary>
    public bool RestartPending { get; private set; }

    /// <summary>The manufacturer id.</summary>
    public uint ManufacturerId { get; private set; }

    /// <summary>The manufacturer id as text: IBM.</summary>
    public string ManufacturerIdTxt { get; private set; } = "";

    /// <summary>The firmware version, its first two parts.</summary>
    public string ManufacturerVersion { get; private set; } = "";

    /// <summary>The whole firmware version of a TPM 2.0; empty for a TPM 1.2.</summary>
    public string ManufacturerVersionFull20 { get; private set; } = "";

    /// <summary>The level of owner authorization in force.</summary>
    public AuthLevelName ManagedAuthLevel { get; private set; }

    /// <summary>The owner authorization, for administrators, if the level stores it; null otherwise.</summary>
    [System.Management.Automation.Hidden] public string? OwnerAuth { get; private set; }

    /// <summary>Whether the owner cannot clear the TPM.</summary>
    public bool OwnerClearDisabled { get; private set; }

    /// <summary>Whether the broker provisions the TPM when it starts.</summary>
    public AutoProvisioningMode AutoProvisioning { get; private set; }

    /// <summary>Whether the TPM’s own dictionary-attack protection is in lockout: it rejects authorizations of the keys and other objects that it protects.</summary>
    public bool LockedOut { get; private set; }

    /// <summary>Whether a TPM 2.0 rejected a lockout authorization and now rejects every one, right or wrong. This does not count as a failure, and other authorizations still work. False for a TPM 1.2.</summary>
    public bool LockoutAuthBlocked { get; private set; }

    /// <summary>When the block ends; null if there is none, or if only a reset of the TPM ends it.</summary>
    public DateTimeOffset? LockoutAuthBlockedUntil { get; private set; }

    /// <summary>The time after which the TPM forgets one failure: 10 minutes; empty if the TPM does not report it.</summary>
    public string LockoutHealTime { get; private set; } = "";

    /// <summary>Failures that the TPM has counted: wrong authorizations of protected objects, but not of lockout.</summary>
    public long LockoutCount { get; private set; }

    /// <summary>Failures at which it locks; null if the TPM does not report it.</summary>
    public long? LockoutMax { get; private set; }

    /// <summary>The data of TPM_GetTestResult or TPM2_GetTestResult, byte by byte.</summary>
    public ResultList<long> SelfTest { get; private set; } = null!;

    private protected Tpm(JsonValue json)
    {
        TpmPresent = json.Flag("tpmPresent");
        TpmReady = json.Flag("tpmReady");
        TpmEnabled = json.Flag("tpmEnabled");
        TpmActivated = json.Flag("tpmActivated");
        TpmOwned = json.Flag("tpmOwned");
        RestartPending = json.Flag("restartPending");
        ManufacturerId = json.UInt32("manufacturerId");
        ManufacturerIdTxt = json.Text("manufacturerIdTxt");
        ManufacturerVersion = json.Text("manufacturerVersion");
        ManufacturerVersionFull20 = json.Text("manufacturerVersionFull20");
        ManagedAuthLevel = json.Named("managedAuthLevel", AuthLevelName.Unknown);
        OwnerAuth = json.TextOrNull("ownerAuth");
        OwnerClearDisabled = json.Flag("ownerClearDisabled");
        AutoProvisioning = json.Named("autoProvisioning", AutoProvisioningMode.Unknown);
        LockedOut = json.Flag("lockedOut");
        LockoutAuthBlocked = json.Flag("lockoutAuthBlocked");
        LockoutAuthBlockedUntil = json.TimeOrNull("lockoutAuthBlockedUntil");
        LockoutHealTime = json.Text("lockoutHealTime");
        LockoutCount = json.Int64("lockoutCount");
        LockoutMax = json.Int64OrNull("lockoutMax");
        SelfTest = new(json.List("selfTest", static one => one.AsInt64()));
    }

    internal static Tpm Read(JsonValue json) => new(json);
}
