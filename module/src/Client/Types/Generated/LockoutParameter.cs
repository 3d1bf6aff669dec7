// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
using System;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The TPM’s own dictionary-attack logic.</summary>
public sealed partial class LockoutParameter
{
    /// <summary>Failures at which it locks; null where the TPM does not say.</summary>
    public long? MaxTries { get; private set; }

    /// <summary>Seconds in which one failure is forgotten; null where the TPM does not say.</summary>
    public uint? RecoverySeconds { get; private set; }

    /// <summary>Seconds after a failed lockout authorization until the next try; null where the TPM does not say.</summary>
    public uint? LockoutRecoverySeconds { get; private set; }

    /// <summary>Whether it is locked.</summary>
    public bool LockedOut { get; private set; }

    /// <summary>Whether a TPM 2.0 refused a lockout authorization and takes none now, right or wrong. It counts no failure for that, and other authorizations go on. False for a TPM 1.2.</summary>
    public bool LockoutAuthBlocked { get; private set; }

    /// <summary>Until when; null while it is not blocked, and where only a reset of the TPM ends it.</summary>
    public DateTimeOffset? LockoutAuthBlockedUntil { get; private set; }

    /// <summary>Failures that it counts.</summary>
    public long FailedTries { get; private set; }

    internal static LockoutParameter Read(JsonValue json) => new()
    {
        MaxTries = json.Int64OrNull("maxTries"),
        RecoverySeconds = json.UInt32OrNull("recoverySeconds"),
        LockoutRecoverySeconds = json.UInt32OrNull("lockoutRecoverySeconds"),
        LockedOut = json.Flag("lockedOut"),
        LockoutAuthBlocked = json.Flag("lockoutAuthBlocked"),
        LockoutAuthBlockedUntil = json.TimeOrNull("lockoutAuthBlockedUntil"),
        FailedTries = json.Int64("failedTries"),
    };
}
