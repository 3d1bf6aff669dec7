// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>A value in a policy source that was ignored or limited.</summary>
public sealed partial class PolicyProblem
{
    /// <summary>The source that contains it.</summary>
    public string Source { get; private set; } = "";

    /// <summary>The setting; null if the whole source is affected.</summary>
    public string? Setting { get; private set; }

    /// <summary>What is wrong.</summary>
    public string Message { get; private set; } = "";

    internal static PolicyProblem Read(JsonValue json) => new()
    {
        Source = json.Text("source"),
        Setting = json.TextOrNull("setting"),
        Message = json.Text("message"),
    };
}
