// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>One PCR, compared with the replayed log.</summary>
public sealed partial class PcrTest
{
    /// <summary>The bank’s algorithm: sha256.</summary>
    public string Bank { get; private set; } = "";

    /// <summary>The PCR.</summary>
    public long PcrIndex { get; private set; }

    /// <summary>Events of the log that extend it.</summary>
    public long Events { get; private set; }

    /// <summary>The value that replaying the log produces, hexadecimal.</summary>
    public string Replayed { get; private set; } = "";

    /// <summary>The value in the TPM, hexadecimal; null if the TPM has no such PCR.</summary>
    public string? Actual { get; private set; }

    /// <summary>Whether the two are equal.</summary>
    public bool Matches { get; private set; }

    internal static PcrTest Read(JsonValue json) => new()
    {
        Bank = json.Text("bank"),
        PcrIndex = json.Int64("pcrIndex"),
        Events = json.Int64("events"),
        Replayed = json.Text("replayed"),
        Actual = json.TextOrNull("actual"),
        Matches = json.Flag("matches"),
    };
}
