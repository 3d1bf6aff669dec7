// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using System;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>A script that runs when the broker raises certain events.</summary>
public sealed partial class EventAction
{
    /// <summary>The name under which it is registered.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The kinds of events that start it.</summary>
    public ResultList<EventKind> Kinds { get; private set; } = null!;

    /// <summary>The script.</summary>
    public string Path { get; private set; } = "";

    /// <summary>The hash of the script as it is now, hexadecimal; null if it is refused.</summary>
    public string? Sha256 { get; private set; }

    /// <summary>enabled: events start it. disabled: it failed five times in a row; register it again. refused: not only root can change the script, or it cannot be read.</summary>
    public EventActionState State { get; private set; }

    /// <summary>Why it is disabled or refused; null if it is enabled.</summary>
    public string? Reason { get; private set; }

    /// <summary>When it was registered.</summary>
    public DateTimeOffset RegisteredAt { get; private set; }

    /// <summary>When the service last reported the figures; null if it has not since the broker started.</summary>
    public DateTimeOffset? ReportedAt { get; private set; }

    /// <summary>Runs since the service started.</summary>
    public long Runs { get; private set; }

    /// <summary>Runs of these that failed.</summary>
    public long Failures { get; private set; }

    /// <summary>Failures since the last run that succeeded; five disable the action.</summary>
    public long FailuresInARow { get; private set; }

    /// <summary>Runs that wait.</summary>
    public long Waiting { get; private set; }

    /// <summary>Events that joined an equal event that was waiting.</summary>
    public long Coalesced { get; private set; }

    /// <summary>Events that started nothing, because a limit was reached.</summary>
    public long Dropped { get; private set; }

    /// <summary>When the last run began; null if there was none.</summary>
    public DateTimeOffset? LastRunAt { get; private set; }

    /// <summary>How the last run ended; null if there was none.</summary>
    public EventActionLastResult? LastResult { get; private set; }

    internal static EventAction Read(JsonValue json) => new()
    {
        Name = json.Text("name"),
        Kinds = new(json.List("kinds", static one => one.AsNamed(EventKind.Unknown))),
        Path = json.Text("path"),
        Sha256 = json.TextOrNull("sha256"),
        State = json.Named("state", EventActionState.Unknown),
        Reason = json.TextOrNull("reason"),
        RegisteredAt = json.Time("registeredAt"),
        ReportedAt = json.TimeOrNull("reportedAt"),
        Runs = json.Int64("runs"),
        Failures = json.Int64("failures"),
        FailuresInARow = json.Int64("failuresInARow"),
        Waiting = json.Int64("waiting"),
        Coalesced = json.Int64("coalesced"),
        Dropped = json.Int64("dropped"),
        LastRunAt = json.TimeOrNull("lastRunAt"),
        LastResult = json.NamedOrNull("lastResult", TpmTbs.EventActionLastResult.Unknown),
    };
}
