// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that WaitingCommandsPriority stands for.</summary>
public enum WaitingCommandsPriority
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>low</c> in the protocol.</summary>
    Low,

    /// <summary><c>normal</c> in the protocol.</summary>
    Normal,

    /// <summary><c>high</c> in the protocol.</summary>
    High,

    /// <summary><c>system</c> in the protocol.</summary>
    System,

    /// <summary><c>max</c> in the protocol.</summary>
    Max,

    /// <summary><c>aged</c> in the protocol.</summary>
    Aged,
}
