// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that BackupMode stands for.</summary>
public enum BackupMode
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>off</c> in the protocol.</summary>
    Off,

    /// <summary><c>optional</c> in the protocol.</summary>
    Optional,

    /// <summary><c>required</c> in the protocol.</summary>
    Required,
}
