using System;

namespace TpmTbs;

/// <summary>The state of the broker at one moment. Parts that the caller may not see are null.</summary>
public sealed class BrokerSnapshot
{
    /// <summary>When it was taken.</summary>
    public DateTimeOffset Time { get; internal set; }

    /// <summary>The broker and its TPM.</summary>
    public Status Status { get; internal set; } = null!;

    /// <summary>The queued commands and the running command; null for a sandboxed app.</summary>
    public Queue? Queue { get; internal set; }

    /// <summary>The commands that the TPM executed during the last interval; null for a caller who may not observe
    /// others.</summary>
    public Activity? Activity { get; internal set; }

    /// <summary>The authorization failures of standard users, and who is locked out.</summary>
    public Lockout Lockout { get; internal set; } = null!;

    /// <summary>The open contexts.</summary>
    public ResultList<Context> Contexts { get; internal set; } = null!;

    /// <summary>The objects and sessions that users hold.</summary>
    public ResultList<Resource> Resources { get; internal set; } = null!;

    /// <summary>The latest refusals, newest first.</summary>
    public ResultList<Event> Refusals { get; internal set; } = null!;

    /// <inheritdoc/>
    public override string ToString() =>
        FormattableString.Invariant($"{Time:HH:mm:ss} {Status}, {Activity?.ToString() ?? "activity not shown"}");
}
