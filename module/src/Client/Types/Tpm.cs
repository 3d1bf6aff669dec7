using System;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The TPM as its owner sees it: the properties of Windows' Get-Tpm.</summary>
public sealed class Tpm
{
    /// <summary>Whether there is one.</summary>
    public bool TpmPresent { get; private set; }

    /// <summary>Whether it is provisioned and can be used.</summary>
    public bool TpmReady { get; private set; }

    /// <summary>Whether it is enabled.</summary>
    public bool TpmEnabled { get; private set; }

    /// <summary>Whether it is activated.</summary>
    public bool TpmActivated { get; private set; }

    /// <summary>Whether it has an owner.</summary>
    public bool TpmOwned { get; private set; }

    /// <summary>Whether a physical presence request waits for the next start of the machine.</summary>
    public bool RestartPending { get; private set; }

    /// <summary>The manufacturer's id.</summary>
    public long ManufacturerId { get; private set; }

    /// <summary>The manufacturer's id as text.</summary>
    public string ManufacturerIdTxt { get; private set; } = "";

    /// <summary>The version of the firmware.</summary>
    public string ManufacturerVersion { get; private set; } = "";

    /// <summary>The whole version of the firmware of a TPM 2.0.</summary>
    public string ManufacturerVersionFull20 { get; private set; } = "";

    /// <summary>The level of OS-managed authorization in force.</summary>
    public string ManagedAuthLevel { get; private set; } = "";

    /// <summary>The owner authorization in base64, for administrators and where the level keeps it; else null.</summary>
    public string? OwnerAuth { get; private set; }

    /// <summary>Whether the owner cannot clear it.</summary>
    public bool OwnerClearDisabled { get; private set; }

    /// <summary>Whether the broker provisions it by itself.</summary>
    public string AutoProvisioning { get; private set; } = "";

    /// <summary>Whether it is locked out after too many authorization failures.</summary>
    public bool LockedOut { get; private set; }

    /// <summary>How long it takes to forget one failure; empty where it does not tell.</summary>
    public string LockoutHealTime { get; private set; } = "";

    /// <summary>The failures that it counts.</summary>
    public long LockoutCount { get; private set; }

    /// <summary>The failures at which it locks out; null where it does not tell.</summary>
    public long? LockoutMax { get; private set; }

    /// <summary>The result of its self-test.</summary>
    public long[] SelfTest { get; private set; } = Array.Empty<long>();

    /// <inheritdoc/>
    public override string ToString() => $"{ManufacturerIdTxt} {ManufacturerVersion}, {(TpmReady ? "ready" : "not ready")}";

    internal static Tpm Read(JsonValue json) => new()
    {
        TpmPresent = json.Flag("tpmPresent"),
        TpmReady = json.Flag("tpmReady"),
        TpmEnabled = json.Flag("tpmEnabled"),
        TpmActivated = json.Flag("tpmActivated"),
        TpmOwned = json.Flag("tpmOwned"),
        RestartPending = json.Flag("restartPending"),
        ManufacturerId = json.Int64("manufacturerId"),
        ManufacturerIdTxt = json.Text("manufacturerIdTxt"),
        ManufacturerVersion = json.Text("manufacturerVersion"),
        ManufacturerVersionFull20 = json.Text("manufacturerVersionFull20"),
        ManagedAuthLevel = json.Text("managedAuthLevel"),
        OwnerAuth = json.TextOrNull("ownerAuth"),
        OwnerClearDisabled = json.Flag("ownerClearDisabled"),
        AutoProvisioning = json.Text("autoProvisioning"),
        LockedOut = json.Flag("lockedOut"),
        LockoutHealTime = json.Text("lockoutHealTime"),
        LockoutCount = json.Int64("lockoutCount"),
        LockoutMax = json.Int64OrNull("lockoutMax"),
        SelfTest = json.List("selfTest", static one => one.AsInt64()),
    };
}
