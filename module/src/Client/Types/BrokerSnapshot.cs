using System;

namespace TpmTbs;

/// <summary>The state of the broker at one moment. What the caller may not see is null.</summary>
public sealed class BrokerSnapshot
{
    /// <summary>When it was taken.</summary>
    public DateTimeOffset Time { get; internal set; }

    /// <summary>The broker and its TPM.</summary>
    public Status Status { get; internal set; } = null!;

    /// <summary>What waits for the TPM, and what it works on; null for a sandboxed app.</summary>
    public Queue? Queue { get; internal set; }

    /// <summary>What the TPM did during the last interval; null for a caller who may not observe others.</summary>
    public Activity? Activity { get; internal set; }

    /// <summary>The authorization failures of standard users, and who is locked out.</summary>
    public Lockout Lockout { get; internal set; } = null!;

    /// <summary>The open contexts.</summary>
    public ResultList<Context> Contexts { get; internal set; } = null!;

    /// <summary>Who holds which objects and sessions.</summary>
    public ResultList<Resource> Resources { get; internal set; } = null!;

    /// <summary>The latest refusals, newest first.</summary>
    public ResultList<Event> Refusals { get; internal set; } = null!;

    /// <inheritdoc/>
    public override string ToString() =>
        FormattableString.Invariant($"{Time:HH:mm:ss} {Status}, {Activity?.ToString() ?? "activity not shown"}");
}
