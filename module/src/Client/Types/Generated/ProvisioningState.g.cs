// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The steps that are still needed to provision the TPM.</summary>
public sealed partial class ProvisioningState
{
    /// <summary>Whether nothing more is needed.</summary>
    public bool TpmReady { get; private set; }

    /// <summary>Whether the machine must restart.</summary>
    public bool RestartRequired { get; private set; }

    /// <summary>Whether the machine must shut down.</summary>
    public bool ShutdownRequired { get; private set; }

    /// <summary>Whether the owner authorization must be imported or the TPM cleared.</summary>
    public bool ClearRequired { get; private set; }

    /// <summary>Whether a person must confirm at the machine.</summary>
    public bool PhysicalPresenceRequired { get; private set; }

    /// <summary>Information bits of Win32_Tpm.Provision.</summary>
    public uint Information { get; private set; }

    /// <summary>The same bits by name.</summary>
    public ResultList<ProvisioningNeed> Needs { get; private set; } = null!;

    /// <summary>The storage hierarchy of a TPM 2.0. open: its authorization is empty, as other TPM programs expect; closed: its authorization is set and stored here; closedByOthers: its authorization is set but not stored here. Null for a TPM 1.2.</summary>
    public HierarchyState? StorageHierarchy { get; private set; }

    /// <summary>The same for the endorsement hierarchy.</summary>
    public HierarchyState? EndorsementHierarchy { get; private set; }

    /// <summary>Whether policy makes the next tpm/initialize close open hierarchies, whatever its parameter says; clients then warn first.</summary>
    public bool PolicyClosesHierarchies { get; private set; }

    internal static ProvisioningState Read(JsonValue json) => new()
    {
        TpmReady = json.Flag("tpmReady"),
        RestartRequired = json.Flag("restartRequired"),
        ShutdownRequired = json.Flag("shutdownRequired"),
        ClearRequired = json.Flag("clearRequired"),
        PhysicalPresenceRequired = json.Flag("physicalPresenceRequired"),
        Information = json.UInt32("information"),
        Needs = new(json.List("needs", static one => one.AsNamed(ProvisioningNeed.Unknown))),
        StorageHierarchy = json.NamedOrNull("storageHierarchy", TpmTbs.HierarchyState.Unknown),
        EndorsementHierarchy = json.NamedOrNull("endorsementHierarchy", TpmTbs.HierarchyState.Unknown),
        PolicyClosesHierarchies = json.Flag("policyClosesHierarchies"),
    };
}
