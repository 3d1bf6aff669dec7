// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that PolicyEffect stands for.</summary>
public enum PolicyEffect
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>decides</c> in the protocol.</summary>
    Decides,

    /// <summary><c>contributes</c> in the protocol.</summary>
    Contributes,

    /// <summary><c>overridden</c> in the protocol.</summary>
    Overridden,
}
