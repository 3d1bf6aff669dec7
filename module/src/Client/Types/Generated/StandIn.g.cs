// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The TPM that the broker uses instead of the machine’s own.</summary>
public sealed partial class StandIn
{
    /// <summary>softwareTpm: a program, which protects keys no better than a file does; otherDevice: another device.</summary>
    public StandInKind Kind { get; private set; }

    /// <summary>The transports that were tried first; empty if the configuration names the stand-in.</summary>
    public ResultList<PassedOverTpm> PassedOver { get; private set; } = null!;

    internal static StandIn Read(JsonValue json) => new()
    {
        Kind = json.Named("kind", StandInKind.Unknown),
        PassedOver = new(json.List("passedOver", PassedOverTpm.Read)),
    };
}
