// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that BrokerHealth stands for.</summary>
public enum BrokerHealth
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>works</c> in the protocol.</summary>
    Works,

    /// <summary><c>degraded</c> in the protocol.</summary>
    Degraded,

    /// <summary><c>down</c> in the protocol.</summary>
    Down,
}
