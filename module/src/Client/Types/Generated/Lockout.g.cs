// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using System;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The lockout of standard users, with the settings in force.</summary>
public sealed partial class Lockout
{
    /// <summary>Length of the sliding window in minutes; 0: failures are not counted.</summary>
    public long DurationMinutes { get; private set; }

    /// <summary>Failures of one user at which the user is locked out.</summary>
    public long IndividualThreshold { get; private set; }

    /// <summary>Failures of all standard users at which all of them are locked out.</summary>
    public long TotalThreshold { get; private set; }

    /// <summary>Counted failures of all standard users.</summary>
    public long TotalFailures { get; private set; }

    /// <summary>Whether all standard users are locked out.</summary>
    public bool TotalLockedOut { get; private set; }

    /// <summary>When the lockout of all standard users ends; null if they are not locked out, or if a threshold of 0 keeps it from ending.</summary>
    public DateTimeOffset? TotalFreesAt { get; private set; }

    /// <summary>The caller’s own failures; for administrators and observers, everybody’s.</summary>
    public ResultList<UserLockout> Users { get; private set; } = null!;

    /// <summary>Explains settings that defeat the lockout: window 0 or threshold 0.</summary>
    public ResultList<string> Notes { get; private set; } = null!;

    internal static Lockout Read(JsonValue json) => new()
    {
        DurationMinutes = json.Int64("durationMinutes"),
        IndividualThreshold = json.Int64("individualThreshold"),
        TotalThreshold = json.Int64("totalThreshold"),
        TotalFailures = json.Int64("totalFailures"),
        TotalLockedOut = json.Flag("totalLockedOut"),
        TotalFreesAt = json.TimeOrNull("totalFreesAt"),
        Users = new(json.List("users", UserLockout.Read)),
        Notes = new(json.Texts("notes")),
    };
}
