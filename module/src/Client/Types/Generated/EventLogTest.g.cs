// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>Whether replaying the log produces the values in the TPM’s PCRs.</summary>
public sealed partial class EventLogTest
{
    /// <summary>Whether at least one PCR was compared and all of them match.</summary>
    public bool Matches { get; private set; }

    /// <summary>The format of the log.</summary>
    public EventLogForm Form { get; private set; }

    /// <summary>Events in the log.</summary>
    public long Events { get; private set; }

    /// <summary>Each PCR that was compared.</summary>
    public ResultList<PcrTest> Pcrs { get; private set; } = null!;

    /// <summary>Banks of the log that were not compared.</summary>
    public ResultList<BankNotCompared> NotCompared { get; private set; } = null!;

    internal static EventLogTest Read(JsonValue json) => new()
    {
        Matches = json.Flag("matches"),
        Form = json.Named("form", EventLogForm.Unknown),
        Events = json.Int64("events"),
        Pcrs = new(json.List("pcrs", PcrTest.Read)),
        NotCompared = new(json.List("notCompared", BankNotCompared.Read)),
    };
}
