// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>A run of an event action.</summary>
public sealed partial class EventActionRun
{
    /// <summary>The action.</summary>
    public string Name { get; private set; } = "";

    /// <summary>succeeded; failed: the script threw an error; timedOut: it ran longer than 30 seconds; crashed: its process ended; refused: the script was not run.</summary>
    public EventActionRunResult Result { get; private set; }

    /// <summary>How long it ran, in milliseconds.</summary>
    public double DurationMs { get; private set; }

    /// <summary>The hash of the script that was run; null if none was.</summary>
    public string? Sha256 { get; private set; }

    /// <summary>The beginning of what the script wrote.</summary>
    public string Output { get; private set; } = "";

    /// <summary>Why it did not succeed; null if it did.</summary>
    public string? Error { get; private set; }

    internal static EventActionRun Read(JsonValue json) => new()
    {
        Name = json.Text("name"),
        Result = json.Named("result", EventActionRunResult.Unknown),
        DurationMs = json.Number("durationMs"),
        Sha256 = json.TextOrNull("sha256"),
        Output = json.Text("output"),
        Error = json.TextOrNull("error"),
    };
}
