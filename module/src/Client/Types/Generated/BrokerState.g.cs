// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that BrokerState stands for.</summary>
public enum BrokerState
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>starting</c> in the protocol.</summary>
    Starting,

    /// <summary><c>running</c> in the protocol.</summary>
    Running,

    /// <summary><c>suspended</c> in the protocol.</summary>
    Suspended,

    /// <summary><c>stopping</c> in the protocol.</summary>
    Stopping,
}
