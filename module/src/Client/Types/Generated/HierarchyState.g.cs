// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that HierarchyState stands for.</summary>
public enum HierarchyState
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>open</c> in the protocol.</summary>
    Open,

    /// <summary><c>closed</c> in the protocol.</summary>
    Closed,

    /// <summary><c>closedByOthers</c> in the protocol.</summary>
    ClosedByOthers,
}
