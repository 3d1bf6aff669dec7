// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that EndpointKind stands for.</summary>
public enum EndpointKind
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>rpc</c> in the protocol.</summary>
    Rpc,

    /// <summary><c>wire</c> in the protocol.</summary>
    Wire,

    /// <summary><c>swtpm</c> in the protocol.</summary>
    Swtpm,

    /// <summary><c>mssim</c> in the protocol.</summary>
    Mssim,

    /// <summary><c>bare</c> in the protocol.</summary>
    Bare,

    /// <summary><c>metrics</c> in the protocol.</summary>
    Metrics,
}
