// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that CommandCancellation stands for.</summary>
public enum CommandCancellation
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>controlChannel</c> in the protocol.</summary>
    ControlChannel,

    /// <summary><c>sysfs</c> in the protocol.</summary>
    Sysfs,

    /// <summary><c>tbs</c> in the protocol.</summary>
    Tbs,

    /// <summary><c>none</c> in the protocol.</summary>
    None,
}
