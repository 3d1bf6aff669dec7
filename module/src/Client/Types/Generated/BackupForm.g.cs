// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that BackupForm stands for.</summary>
public enum BackupForm
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>windows8</c> in the protocol.</summary>
    Windows8,

    /// <summary><c>windows7</c> in the protocol.</summary>
    Windows7,
}
