// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that EventKind stands for.</summary>
public enum EventKind
{
    /// <summary>A value that this version of the module does not know.</summary>
    Unknown,

    /// <summary><c>commandRefused</c> in the protocol.</summary>
    CommandRefused,

    /// <summary><c>authorizationFailed</c> in the protocol.</summary>
    AuthorizationFailed,

    /// <summary><c>lockoutBegan</c> in the protocol.</summary>
    LockoutBegan,

    /// <summary><c>lockoutEnded</c> in the protocol.</summary>
    LockoutEnded,

    /// <summary><c>policyChanged</c> in the protocol.</summary>
    PolicyChanged,

    /// <summary><c>listChanged</c> in the protocol.</summary>
    ListChanged,

    /// <summary><c>administration</c> in the protocol.</summary>
    Administration,

    /// <summary><c>ownerAuthorization</c> in the protocol.</summary>
    OwnerAuthorization,

    /// <summary><c>tpmLost</c> in the protocol.</summary>
    TpmLost,

    /// <summary><c>tpmReturned</c> in the protocol.</summary>
    TpmReturned,

    /// <summary><c>tpmReset</c> in the protocol.</summary>
    TpmReset,

    /// <summary><c>warning</c> in the protocol.</summary>
    Warning,
}
