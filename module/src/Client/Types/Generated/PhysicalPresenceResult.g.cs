// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that PhysicalPresenceResult stands for.</summary>
public enum PhysicalPresenceResult
{
    /// <summary><c>Unknown</c> in the protocol.</summary>
    Unknown,

    /// <summary><c>Success</c> in the protocol.</summary>
    Success,

    /// <summary><c>UserAbort</c> in the protocol.</summary>
    UserAbort,

    /// <summary><c>FirmwareFailure</c> in the protocol.</summary>
    FirmwareFailure,

    /// <summary><c>TpmError</c> in the protocol.</summary>
    TpmError,
}
