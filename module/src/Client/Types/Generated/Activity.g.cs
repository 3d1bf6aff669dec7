// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>What the TPM did during the last seconds.</summary>
public sealed partial class Activity
{
    /// <summary>The period that the figures cover; shorter than requested after a start.</summary>
    public double PeriodSeconds { get; private set; }

    /// <summary>Commands of all codes that the TPM answered, per second.</summary>
    public double PerSecond { get; private set; }

    /// <summary>By command, most frequent first.</summary>
    public ResultList<CommandActivity> Commands { get; private set; } = null!;

    internal static Activity Read(JsonValue json) => new()
    {
        PeriodSeconds = json.Number("periodSeconds"),
        PerSecond = json.Number("perSecond"),
        Commands = new(json.List("commands", CommandActivity.Read)),
    };
}
