// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The lockout that a TPM 2.0 itself has against guesses.</summary>
public sealed partial class TpmLockout
{
    /// <summary>Whether it takes no authorization of a protected object now.</summary>
    public bool LockedOut { get; private set; }

    /// <summary>Tries that it counts now, those that a disorderly stop costs included.</summary>
    public long FailedTries { get; private set; }

    /// <summary>Tries at which it locks.</summary>
    public long MaxTries { get; private set; }

    /// <summary>Seconds after which it forgets one try; 0: never.</summary>
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
