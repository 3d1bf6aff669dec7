// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
namespace TpmTbs;

/// <summary>Values of the protocol that PhysicalPresenceConfirmation stands for.</summary>
public enum PhysicalPresenceConfirmation
{
    /// <summary><c>Unknown</c> in the protocol.</summary>
    Unknown,

    /// <summary><c>FirmwareOnly</c> in the protocol.</summary>
    FirmwareOnly,

    /// <summary><c>BlockedByFirmwareSettings</c> in the protocol.</summary>
    BlockedByFirmwareSettings,

    /// <summary><c>UserRequired</c> in the protocol.</summary>
    UserRequired,

    /// <summary><c>UserNotRequired</c> in the protocol.</summary>
    UserNotRequired,
}
