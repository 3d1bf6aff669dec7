// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
using System;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The authorization failures of one user.</summary>
public sealed partial class UserLockout
{
    /// <summary>The user: uid:1000, or sid:S-1-5-… on Windows.</summary>
    public string UserKey { get; private set; } = "";

    /// <summary>The account name; null when the system has none for the user.</summary>
    public string? UserName { get; private set; }

    /// <summary>Failures inside the window, which count.</summary>
    public long Failures { get; private set; }

    /// <summary>Whether the user may send no command that carries an authorization.</summary>
    public bool LockedOut { get; private set; }

    /// <summary>When the lockout of this user ends; null when not locked out, or when a threshold of 0 never lets it end.</summary>
    public DateTimeOffset? FreesAt { get; private set; }

    /// <summary>When each counted failure leaves the window, the oldest first.</summary>
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
