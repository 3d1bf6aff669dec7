// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that NotComparedReason stands for.</summary>
public enum NotComparedReason
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>noSuchBank</c> in the protocol.</summary>
    NoSuchBank,

    /// <summary><c>unknownAlgorithm</c> in the protocol.</summary>
    UnknownAlgorithm,
}
