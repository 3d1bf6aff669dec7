// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
namespace TpmTbs;

/// <summary>Values of the protocol that BackupOutcome stands for.</summary>
public enum BackupOutcome
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>off</c> in the protocol.</summary>
    Off,

    /// <summary><c>done</c> in the protocol.</summary>
    Done,

    /// <summary><c>pending</c> in the protocol.</summary>
    Pending,
}
