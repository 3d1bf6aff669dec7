// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The queue of commands.</summary>
public sealed partial class QueueState
{
    /// <summary>Number of queued commands.</summary>
    public long Waiting { get; private set; }

    /// <summary>Whether the TPM is executing a command now.</summary>
    public bool InFlight { get; private set; }

    /// <summary>Commands completed since the broker started.</summary>
    public long Completed { get; private set; }

    /// <summary>Commands refused since the broker started.</summary>
    public long Refused { get; private set; }

    /// <summary>Commands cancelled since the broker started.</summary>
    public long Cancelled { get; private set; }

    /// <summary>Estimated wait of a command submitted now, if everything in the queue goes first, in milliseconds.</summary>
    public double EstimatedWaitMs { get; private set; }

    internal static QueueState Read(JsonValue json) => new()
    {
        Waiting = json.Int64("waiting"),
        InFlight = json.Flag("inFlight"),
        Completed = json.Int64("completed"),
        Refused = json.Int64("refused"),
        Cancelled = json.Int64("cancelled"),
        EstimatedWaitMs = json.Number("estimatedWaitMs"),
    };
}
