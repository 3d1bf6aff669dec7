// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that PolicySourceKind stands for.</summary>
public enum PolicySourceKind
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>default</c> in the protocol.</summary>
    Default,

    /// <summary><c>configuration</c> in the protocol.</summary>
    Configuration,

    /// <summary><c>policyFile</c> in the protocol.</summary>
    PolicyFile,

    /// <summary><c>registryPol</c> in the protocol.</summary>
    RegistryPol,

    /// <summary><c>groupPolicy</c> in the protocol.</summary>
    GroupPolicy,

    /// <summary><c>windowsRegistry</c> in the protocol.</summary>
    WindowsRegistry,
}
