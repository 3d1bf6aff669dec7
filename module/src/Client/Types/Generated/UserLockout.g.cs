// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using System;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The authorization failures of one user.</summary>
public sealed partial class UserLockout
{
    /// <summary>The user: uid:1000, or sid:S-1-5-… on Windows.</summary>
    public string UserKey { get; private set; } = "";

    /// <summary>The account name; null if the system has none for the user.</summary>
    public string? UserName { get; private set; }

    /// <summary>Failures inside the window.</summary>
    public long Failures { get; private set; }

    /// <summary>Whether the user may send no command that carries an authorization.</summary>
    public bool LockedOut { get; private set; }

    /// <summary>When the lockout of this user ends; null if the user is not locked out, or if a threshold of 0 keeps it from ending.</summary>
    public DateTimeOffset? FreesAt { get; private set; }

    /// <summary>When each counted failure leaves the window, oldest first.</summary>
    public ResultList<DateTimeOffset> FailuresAgeOutAt { get; private set; } = null!;

    internal static UserLockout Read(JsonValue json) => new()
    {
        UserKey = json.Text("userKey"),
        UserName = json.TextOrNull("userName"),
        Failures = json.Int64("failures"),
        LockedOut = json.Flag("lockedOut"),
        FreesAt = json.TimeOrNull("freesAt"),
        FailuresAgeOutAt = new(json.List("failuresAgeOutAt", static one => one.AsTime())),
    };
}
