// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that EventActionRunResult stands for.</summary>
public enum EventActionRunResult
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>succeeded</c> in the protocol.</summary>
    Succeeded,

    /// <summary><c>failed</c> in the protocol.</summary>
    Failed,

    /// <summary><c>timedOut</c> in the protocol.</summary>
    TimedOut,

    /// <summary><c>crashed</c> in the protocol.</summary>
    Crashed,

    /// <summary><c>refused</c> in the protocol.</summary>
    Refused,
}
