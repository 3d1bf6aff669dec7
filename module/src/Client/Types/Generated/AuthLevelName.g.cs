// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that AuthLevelName stands for.</summary>
public enum AuthLevelName
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>None</c> in the protocol.</summary>
    None,

    /// <summary><c>Delegated</c> in the protocol.</summary>
    Delegated,

    /// <summary><c>Full</c> in the protocol.</summary>
    Full,

    /// <summary><c>LockoutOnly</c> in the protocol.</summary>
    LockoutOnly,
}
