// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using System;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The TPM’s own dictionary-attack logic.</summary>
public sealed partial class LockoutParameter
{
    /// <summary>Failures at which it locks; null if the TPM does not report it.</summary>
    public long? MaxTries { get; private set; }

    /// <summary>Seconds after which the TPM forgets one failure; null if the TPM does not report it.</summary>
    public uint? RecoverySeconds { get; private set; }

    /// <summary>Seconds after a failed lockout authorization until the next try; null if the TPM does not report it.</summary>
    public uint? LockoutRecoverySeconds { get; private set; }

    /// <summary>Whether the protection is in lockout.</summary>
    public bool LockedOut { get; private set; }

    /// <summary>Whether a TPM 2.0 rejected a lockout authorization and now rejects every one, right or wrong. This does not count as a failure, and other authorizations still work. False for a TPM 1.2.</summary>
    public bool LockoutAuthBlocked { get; private set; }

    /// <summary>When the block ends; null if there is none, or if only a reset of the TPM ends it.</summary>
    public DateTimeOffset? LockoutAuthBlockedUntil { get; private set; }

    /// <summary>Failures that the TPM has counted.</summary>
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
