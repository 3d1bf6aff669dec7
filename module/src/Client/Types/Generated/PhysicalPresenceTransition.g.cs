// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that PhysicalPresenceTransition stands for.</summary>
public enum PhysicalPresenceTransition
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>None</c> in the protocol.</summary>
    None,

    /// <summary><c>Shutdown</c> in the protocol.</summary>
    Shutdown,

    /// <summary><c>Restart</c> in the protocol.</summary>
    Restart,

    /// <summary><c>VendorSpecific</c> in the protocol.</summary>
    VendorSpecific,
}
