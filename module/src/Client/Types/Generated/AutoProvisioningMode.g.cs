// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that AutoProvisioningMode stands for.</summary>
public enum AutoProvisioningMode
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>NotDefined</c> in the protocol.</summary>
    NotDefined,

    /// <summary><c>Enabled</c> in the protocol.</summary>
    Enabled,

    /// <summary><c>Disabled</c> in the protocol.</summary>
    Disabled,

    /// <summary><c>DisabledForNextBoot</c> in the protocol.</summary>
    DisabledForNextBoot,
}
