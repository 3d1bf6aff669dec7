// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that ResourceKind stands for.</summary>
public enum ResourceKind
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>transient</c> in the protocol.</summary>
    Transient,

    /// <summary><c>loadedSession</c> in the protocol.</summary>
    LoadedSession,

    /// <summary><c>savedSession</c> in the protocol.</summary>
    SavedSession,

    /// <summary><c>sequence</c> in the protocol.</summary>
    Sequence,

    /// <summary><c>key</c> in the protocol.</summary>
    Key,

    /// <summary><c>authSession</c> in the protocol.</summary>
    AuthSession,

    /// <summary><c>transportSession</c> in the protocol.</summary>
    TransportSession,
}
