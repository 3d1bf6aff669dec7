// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that EventLogForm stands for.</summary>
public enum EventLogForm
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>sha1</c> in the protocol.</summary>
    Sha1,

    /// <summary><c>cryptoAgile</c> in the protocol.</summary>
    CryptoAgile,
}
