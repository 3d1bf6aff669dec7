// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that ListEffect stands for.</summary>
public enum ListEffect
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>blocks</c> in the protocol.</summary>
    Blocks,

    /// <summary><c>allows</c> in the protocol.</summary>
    Allows,
}
