// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that BackupFailureReason stands for.</summary>
public enum BackupFailureReason
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>notJoined</c> in the protocol.</summary>
    NotJoined,

    /// <summary><c>noServer</c> in the protocol.</summary>
    NoServer,

    /// <summary><c>wrongCredentials</c> in the protocol.</summary>
    WrongCredentials,

    /// <summary><c>schemaMissing</c> in the protocol.</summary>
    SchemaMissing,

    /// <summary><c>noRight</c> in the protocol.</summary>
    NoRight,

    /// <summary><c>timeout</c> in the protocol.</summary>
    Timeout,

    /// <summary><c>tls</c> in the protocol.</summary>
    Tls,

    /// <summary><c>clockSkew</c> in the protocol.</summary>
    ClockSkew,

    /// <summary><c>error</c> in the protocol.</summary>
    Error,
}
