// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>How often and how fast one command was executed.</summary>
public sealed partial class CommandActivity
{
    /// <summary>TPM 1.2 ordinal or TPM 2.0 command code; null for all that the specification does not name, submissions that were no command included.</summary>
    public uint? Code { get; private set; }

    /// <summary>The command’s name.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Commands that the TPM answered, per second.</summary>
    public double PerSecond { get; private set; }

    /// <summary>Submissions that were refused, cancelled or failed, per second.</summary>
    public double UnansweredPerSecond { get; private set; }

    /// <summary>Mean duration of the answered commands, swapping included, in milliseconds.</summary>
    public double MeanMs { get; private set; }

    /// <summary>The longest of them, in milliseconds.</summary>
    public double LongestMs { get; private set; }

    internal static CommandActivity Read(JsonValue json) => new()
    {
        Code = json.UInt32OrNull("code"),
        Name = json.Text("name"),
        PerSecond = json.Number("perSecond"),
        UnansweredPerSecond = json.Number("unansweredPerSecond"),
        MeanMs = json.Number("meanMs"),
        LongestMs = json.Number("longestMs"),
    };
}
