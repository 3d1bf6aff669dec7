// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
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

    /// <summary>Failures that it counts.</summary>
    public long FailedTries { get; private set; }

    internal static LockoutParameter Read(JsonValue json) => new()
    {
        MaxTries = json.Int64OrNull("maxTries"),
        RecoverySeconds = json.UInt32OrNull("recoverySeconds"),
        LockoutRecoverySeconds = json.UInt32OrNull("lockoutRecoverySeconds"),
        LockedOut = json.Flag("lockedOut"),
        FailedTries = json.Int64("failedTries"),
    };
}
