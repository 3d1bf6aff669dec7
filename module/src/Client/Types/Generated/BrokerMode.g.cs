// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that BrokerMode stands for.</summary>
public enum BrokerMode
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>system</c> in the protocol.</summary>
    System,

    /// <summary><c>user</c> in the protocol.</summary>
    User,
}
