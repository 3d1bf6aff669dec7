// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that StandInKind stands for.</summary>
public enum StandInKind
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>softwareTpm</c> in the protocol.</summary>
    SoftwareTpm,

    /// <summary><c>otherDevice</c> in the protocol.</summary>
    OtherDevice,
}
