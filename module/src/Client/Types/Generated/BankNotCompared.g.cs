// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>A bank of the log that was not compared.</summary>
public sealed partial class BankNotCompared
{
    /// <summary>The bank’s algorithm.</summary>
    public string Bank { get; private set; } = "";

    /// <summary>Why not.</summary>
    public NotComparedReason Reason { get; private set; }

    internal static BankNotCompared Read(JsonValue json) => new()
    {
        Bank = json.Text("bank"),
        Reason = json.Named("reason", NotComparedReason.Unknown),
    };
}
