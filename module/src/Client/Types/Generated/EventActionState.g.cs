// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that EventActionState stands for.</summary>
public enum EventActionState
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>enabled</c> in the protocol.</summary>
    Enabled,

    /// <summary><c>disabled</c> in the protocol.</summary>
    Disabled,

    /// <summary><c>refused</c> in the protocol.</summary>
    Refused,
}
