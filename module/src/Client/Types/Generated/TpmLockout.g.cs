// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>A TPM 2.0’s own protection against guesses (dictionary-attack protection).</summary>
public sealed partial class TpmLockout
{
    /// <summary>Whether the TPM now rejects all authorizations of protected objects.</summary>
    public bool LockedOut { get; private set; }

    /// <summary>Failed tries counted now, including those caused by a disorderly stop.</summary>
    public long FailedTries { get; private set; }

    /// <summary>Failed tries at which the TPM locks.</summary>
    public long MaxTries { get; private set; }

    /// <summary>Seconds after which the TPM forgets one failed try; 0: never.</summary>
    public long RecoverySeconds { get; private set; }

    /// <summary>Seconds after a wrong lockout authorization until the next may be tried.</summary>
    public long LockoutRecoverySeconds { get; private set; }

    internal static TpmLockout Read(JsonValue json) => new()
    {
        LockedOut = json.Flag("lockedOut"),
        FailedTries = json.Int64("failedTries"),
        MaxTries = json.Int64("maxTries"),
        RecoverySeconds = json.Int64("recoverySeconds"),
        LockoutRecoverySeconds = json.Int64("lockoutRecoverySeconds"),
    };
}
